-- Reads a reference, and counts that it was asked for.
--
-- KEYS  the reference
-- gives its record and how often it had been asked for before; nothing where there is none
local record = redis.call('HGET', KEYS[1], 'record')
if not record then
  return {}
end
return {record, redis.call('HINCRBY', KEYS[1], 'lookups', 1) - 1}
