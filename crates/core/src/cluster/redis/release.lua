-- Frees an id if a node has it.
--
-- KEYS 1  line:id:<id>
-- ARGV 1  the node
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
