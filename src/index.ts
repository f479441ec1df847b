/** The Worker's face: the edge app and the Durable Object classes. */
export { edge as default } from './edge/app.ts'
export { PoolHost } from './host/pool-host.ts'
export { Ledger } from './ledger/ledger.ts'
export { Meter } from './meter/meter.ts'
