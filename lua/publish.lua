-- Keeps a message in the history of a room and publishes it with its position, in one step.
-- Answers the position, "epoch:offset:tag"; "epoch:0:0" for a message that was kept before. docs/reference/publishing.md describes it for other programs.
--
-- KEYS 1  line:m:<room>   where the history stands
--      2  line:h:<room>   the messages
-- ARGV 1  line:r:<room>   the channel
--      2  the message
--      3  messages that are kept, about
--      4  how long they are kept after the last one, in milliseconds
--      5  optional: the tag, four or fewer hexadecimal digits
--      6  optional: the epoch of a history that begins, in base 36
--      7  optional: SPUBLISH on a Redis Cluster
--      8  optional: a sender that repeats what it had no answer to; of the last 32 senders that is known
--      9  the number of its batch: it begins another when it knows what became of all of one
--     10  the place of the message among those of its batch that are for this room, from 0 on
local sender, batch, index = ARGV[8], ARGV[9], ARGV[10]
local record = sender and 'n' .. sender
local state = redis.call('HMGET', KEYS[1], 'e', 's', record or 'n')
local epoch, offset, known = state[1], state[2], state[3]

-- A record is "batch:last", and "(index)" for each one before the last that could not be kept.
local last, missing = -1, ''
if sender then
  index = tonumber(index)
  if known then
    local of, to, rest = string.match(known, '^(%d+):(%d+)(.*)$')
    if of == batch then
      last, missing = tonumber(to), rest
    end
  end
  if index <= last then
    local from, to = string.find(missing, '(' .. index .. ')', 1, true)
    if not from then
      return epoch .. ':0:0'
    end
    missing = string.sub(missing, 1, from - 1) .. string.sub(missing, to + 1)
  else
    for skipped = last + 1, index - 1 do
      missing = missing .. '(' .. skipped .. ')'
    end
    last = index
  end
end
local tag, begins = ARGV[5], ARGV[6]

if not tag or tag == '' then
  tag = string.format('%x', redis.call('TIME')[2] % 65536)
end

-- What is left of a history whose state was lost would be of another epoch.
local function begin()
  redis.call('DEL', KEYS[2])
  if not begins or begins == '' then
    local time = redis.call('TIME')
    local digits = '0123456789abcdefghijklmnopqrstuvwxyz'
    local rest = time[1] * 1000000 + time[2]
    begins = ''
    while rest > 0 do
      local digit = rest % 36
      begins = string.sub(digits, digit + 1, digit + 1) .. begins
      rest = (rest - digit) / 36
    end
  end
  epoch, offset = begins, '1'
end

if epoch then
  offset = string.format('%.0f', offset + 1)
else
  begin()
end

local function add()
  return redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], offset .. '-1', 'm', ARGV[2], 't', tag)
end
local added = add()
if type(added) == 'table' and added.err and string.find(added.err, 'equal or smaller', 1, true) then
  -- The stream is ahead of the state: another program has written to it, or this script was stopped for want of a
  -- permission. No later message could be kept either.
  begin()
  added = add()
end
if type(added) == 'table' and added.err then
  return added
end
if sender then
  redis.call('HSET', KEYS[1], 'e', epoch, 's', offset, 't', tag, record, batch .. ':' .. last .. missing)
  if not known then
    -- Senders come and go: the one that came first is forgotten.
    local count = redis.call('HMGET', KEYS[1], 'c')[1] or 0
    local place = 'w' .. count % 32
    local oldest = redis.call('HMGET', KEYS[1], place)[1]
    if oldest then
      redis.call('HDEL', KEYS[1], 'n' .. oldest)
    end
    redis.call('HSET', KEYS[1], 'c', string.format('%.0f', count + 1), place, sender)
  end
else
  redis.call('HSET', KEYS[1], 'e', epoch, 's', offset, 't', tag)
end
redis.call('PEXPIRE', KEYS[2], ARGV[4])
-- The state lives longer: who comes back late finds that messages are missing, and not a new history.
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ARGV[4] * 2 + 86400000))

local position = epoch .. ':' .. offset .. ':' .. tag
redis.call(ARGV[7] or 'PUBLISH', ARGV[1], '\1\2' .. string.char(#position) .. position .. ARGV[2])
return position
