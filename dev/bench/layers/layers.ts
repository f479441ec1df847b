/** What is measured against each other. */
export const NAMES = [
  'silent',
  'everything on',
  'header',
  'cached',
  'unlimited',
  'one by one',
  'no directory',
  'nothing on a host',
  'nothing in the isolate',
  'leased',
  'raw',
] as const
export type Name = (typeof NAMES)[number]

/** A layer, and the two contenders that differ in it alone. */
export interface Layer {
  readonly name: string
  /** What stands in its place where it is off. */
  readonly off: string
  readonly with: Name
  readonly without: Name
}

export const LAYERS: readonly Layer[] = [
  { name: 'identify', off: '`X-User-ID` instead of a JWT (HS256)', with: 'everything on', without: 'header' },
  { name: 'directory', off: '`TENANTS` instead of Redis', with: 'unlimited', without: 'no directory' },
  { name: 'limiter', off: '`RATE_LIMITS=off`', with: 'everything on', without: 'unlimited' },
  {
    name: 'limiter, `RATE_LIMIT_RESERVE=0`',
    off: '`RATE_LIMITS=off`',
    with: 'one by one',
    without: 'unlimited',
  },
  {
    name: 'hop',
    off: 'the same routes in the isolate; both answer without a database',
    with: 'nothing on a host',
    without: 'nothing in the isolate',
  },
  {
    name: 'lease',
    off: 'the driver’s own pool in the same object; both `SELECT 1`',
    with: 'leased',
    without: 'raw',
  },
  { name: 'cache', off: '`Cache-Control: no-cache`', with: 'cached', without: 'everything on' },
  { name: 'telemetry', off: 'a bundle without it', with: 'everything on', without: 'silent' },
]
