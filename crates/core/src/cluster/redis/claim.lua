-- Takes an id for a node. Answers the node that has it then.
--
-- KEYS 1  line:id:<id>
-- ARGV 1  the node
--      2  optional: the node that it is taken from, if that one has it
local holder = redis.call('GET', KEYS[1])
if not holder or holder == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[1])
  return ARGV[1]
end
return holder
