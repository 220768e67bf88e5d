-- Keeps a message in the history of a room and publishes it with its position, in one step.
-- Answers the position, "epoch:offset:tag". docs/reference/publishing.md describes it for other programs.
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
local state = redis.call('HMGET', KEYS[1], 'e', 's')
local epoch, offset = state[1], state[2]
local tag, begins = ARGV[5], ARGV[6]

if not epoch or not tag or tag == '' then
  local time = redis.call('TIME')
  if not tag or tag == '' then
    tag = string.format('%x', time[2] % 65536)
  end
  if not epoch and (not begins or begins == '') then
    local digits = '0123456789abcdefghijklmnopqrstuvwxyz'
    local rest = time[1] * 1000000 + time[2]
    begins = ''
    while rest > 0 do
      local digit = rest % 36
      begins = string.sub(digits, digit + 1, digit + 1) .. begins
      rest = (rest - digit) / 36
    end
  end
end

if epoch then
  offset = string.format('%.0f', offset + 1)
else
  -- What is left of a history whose state was lost would be of another epoch.
  redis.call('DEL', KEYS[2])
  epoch, offset = begins, '1'
end

redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], offset .. '-1', 'm', ARGV[2], 't', tag)
redis.call('HSET', KEYS[1], 'e', epoch, 's', offset, 't', tag)
redis.call('PEXPIRE', KEYS[2], ARGV[4])
-- The state lives longer: who comes back late finds that messages are missing, and not a new history.
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ARGV[4] * 2 + 86400000))

local position = epoch .. ':' .. offset .. ':' .. tag
redis.call(ARGV[7] or 'PUBLISH', ARGV[1], '\1\2' .. string.char(#position) .. position .. ARGV[2])
return position
