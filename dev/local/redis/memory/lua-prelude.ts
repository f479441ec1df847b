/**
 * What Redis puts around every script (https://redis.io/docs/latest/develop/programmability/lua-api/): the `redis`
 * and `cjson` libraries, no way out of the sandbox, and no global variables, which would outlive the script.
 * Runs once, with a table of the functions that the machine gives.
 */
export const LUA_PRELUDE = `
local host = ...
local error, type, rawset, setmetatable, tostring = error, type, rawset, setmetatable, tostring

redis = {
  LOG_DEBUG = 0, LOG_VERBOSE = 1, LOG_NOTICE = 2, LOG_WARNING = 3,
  pcall = host.call,
  sha1hex = host.sha1hex,
  log = host.log,
}
function redis.call(...)
  local reply = host.call(...)
  if type(reply) == 'table' and reply.err then error(reply, 0) end
  return reply
end
function redis.error_reply(text)
  if type(text) ~= 'string' then return { err = 'ERR wrong number or type of arguments' } end
  if text:sub(1, 1) == '-' then return { err = text:sub(2) } end
  if not text:find(' ', 1, true) then return { err = 'ERR ' .. text } end
  return { err = text }
end
function redis.status_reply(text)
  if type(text) ~= 'string' then return { err = 'ERR wrong number or type of arguments' } end
  return { ok = text }
end
function redis.replicate_commands() return true end

cjson = { null = host.null, encode = host.encode, decode = host.decode }
-- The host answers a failure with a second value, because an error raised there would unwind the machine itself.
for _, name in ipairs({ 'encode', 'decode' }) do
  local run = host[name]
  cjson[name] = function(value)
    local result, problem = run(value)
    if problem then error(problem, 2) end
    return result
  end
end

KEYS, ARGV = {}, {}
local clock = os.clock
os = { clock = clock }
io, package, require, module, dofile, loadfile, debug, print, newproxy = nil
setmetatable(_G, {
  __newindex = function(_, name)
    error('Script attempted to set global variable \\'' .. tostring(name) .. '\\'', 2)
  end,
  __index = function(_, name)
    error('Script attempted to access nonexistent global variable \\'' .. tostring(name) .. '\\'', 2)
  end,
})
`
