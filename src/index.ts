/** The Worker's face: the way in and the Durable Object classes. */
export { door as default } from './edge/door.ts'
export { PoolHost } from './host/pool-host.ts'
export { Ledger } from './ledger/ledger.ts'
export { Meter } from './meter/meter.ts'
export { PasswordHasher } from './sign-in/password-hasher.ts'
