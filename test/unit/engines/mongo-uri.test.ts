import { MongoClient } from 'mongodb'
import { expect, test } from 'vitest'
import { refusedMongoOptions } from '../../../src/engines/mongo-uri.ts'

test.each([
  'mongodb://h',
  'mongodb://h/app',
  'mongodb+srv://u:p@h/app?retryWrites=true&w=majority&tls=true',
  'mongodb://u:p@a:1,b:2/app?replicaSet=r&authSource=admin&authMechanism=SCRAM-SHA-256',
  'mongodb://h/?authMechanism=DEFAULT',
  'mongodb://h/tlsInsecure',
  // As Atlas gives it.
  'mongodb+srv://u:p@c.x.mongodb.net/?retryWrites=true&w=majority&appName=Cluster0',
  'mongodb://h/?retryWrites=false&journal=true&w=2&directConnection=true&srvMaxHosts=3',
])('%s is taken', (uri) => {
  expect(refusedMongoOptions(uri)).toEqual([])
})

test.each([
  ['tlsInsecure=true', 'tlsInsecure'],
  ['TLSINSECURE=true', 'TLSINSECURE'],
  ['tls%49nsecure=true', 'tlsInsecure'],
  ['tls\tInsecure=true', 'tlsInsecure'],
  ['tlsAllowInvalidCertificates=true', 'tlsAllowInvalidCertificates'],
  ['tlsAllowInvalidHostnames=true', 'tlsAllowInvalidHostnames'],
  ['rejectUnauthorized=false', 'rejectUnauthorized'],
  ['checkServerIdentity=false', 'checkServerIdentity'],
  ['tls=false', 'tls'],
  ['ssl=FALSE', 'ssl'],
  ['tlsCAFile=/ca.pem', 'tlsCAFile'],
  ['tlsCertificateKeyFile=/key.pem', 'tlsCertificateKeyFile'],
  ['ca=x', 'ca'],
  ['proxyHost=h&proxyPort=1', 'proxyHost'],
  ['authMechanism=MONGODB-X509', 'authMechanism'],
  ['authMechanism=MONGODB-AWS', 'authMechanism'],
  ['authMechanism=GSSAPI', 'authMechanism'],
  ['authMechanismProperties=SERVICE_HOST:h', 'authMechanismProperties'],
  // What is acknowledged.
  ['w=0', 'w'],
  ['W=0', 'W'],
  ['w=majority&w=0', 'w'],
  ['journal=false', 'journal'],
  ['wtimeoutMS=1', 'wtimeoutMS'],
  ['readPreference=secondary', 'readPreference'],
  // How values come back.
  ['raw=true', 'raw'],
  ['promoteValues=false', 'promoteValues'],
  ['promoteLongs=false', 'promoteLongs'],
  ['bsonRegExp=true', 'bsonRegExp'],
  ['useBigInt64=true', 'useBigInt64'],
  ['ignoreUndefined=true', 'ignoreUndefined'],
  // How the pool works.
  ['maxPoolSize=500', 'maxPoolSize'],
  ['minPoolSize=500', 'minPoolSize'],
  ['waitQueueTimeoutMS=1', 'waitQueueTimeoutMS'],
  ['socketTimeoutMS=1', 'socketTimeoutMS'],
  ['serverSelectionTimeoutMS=1', 'serverSelectionTimeoutMS'],
  ['heartbeatFrequencyMS=500', 'heartbeatFrequencyMS'],
  ['monitorCommands=true', 'monitorCommands'],
  // What a Worker lacks, and what nobody knows.
  ['compressors=zstd', 'compressors'],
  ['nonsense=1', 'nonsense'],
  ['constructor=1', 'constructor'],
])('the option %j is refused, wherever it stands', (option, name) => {
  expect(refusedMongoOptions(`mongodb://h/?${option}`)).toContain(name)
  expect(refusedMongoOptions(`mongodb://u:p@a,b/app?w=1&${option}`)).toContain(name)
  expect(refusedMongoOptions(`mongodb://h?${option}`)).toContain(name)
})

test.each(['tlsInsecure=true', 'TLSINSECURE=true', 'tls%49nsecure=true', 'tls\tInsecure=true'])(
  'what is not refused of %j does not weaken TLS in the driver',
  async (option) => {
    const uri = `mongodb://h/?tls=true&${option}`
    const client = new MongoClient(uri)
    expect(client.options.rejectUnauthorized !== false || refusedMongoOptions(uri).length > 0).toBe(true)
    await client.close()
  },
)

test('refusals name options and never their values', () => {
  const refused = refusedMongoOptions(
    'mongodb://u:hush@h/?proxyPassword=hush&tlsCAFile=hush&authMechanism=hush',
  )
  expect(refused).toEqual(['proxyPassword', 'tlsCAFile', 'authMechanism'])
})
