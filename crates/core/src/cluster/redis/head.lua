-- Where the history of a room stands: epoch, offset, tag. Begins one if there is none.
--
-- KEYS 1  line:m:<room>
-- ARGV 1  the epoch of a history that begins, in base 36
--      2  how long it lives, in milliseconds
local state = redis.call('HMGET', KEYS[1], 'e', 's', 't')
if not state[1] then
  redis.call('HSET', KEYS[1], 'e', ARGV[1], 's', '0', 't', '0')
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {ARGV[1], '0', '0'}
end
return state
