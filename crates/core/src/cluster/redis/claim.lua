-- Takes an id for a node. Answers the node that has it then.
--
-- KEYS 1  line:id:<id>
-- ARGV 1  the node
--      2  how long it has the id unless it claims it again, in milliseconds
--      3  optional: the node that it is taken from, if that one has it
local holder = redis.call('GET', KEYS[1])
if not holder or holder == ARGV[1] or holder == ARGV[3] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return ARGV[1]
end
return holder
