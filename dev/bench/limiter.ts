import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, ROOT } from '../local/worker/bundle.ts'
import { progress } from '../progress.ts'
import { spawnStack } from '../stack-process.ts'
import { untilStopped } from '../until-stopped.ts'
import { contender } from './contender.ts'
import { loadAverage } from './machine.ts'
import { tenantRecords, writePosts } from './posts.ts'
import { ratio, runRounds, type Standing } from './rounds.ts'
import { FULL, QUICK, type Settings } from './settings.ts'
import type { Spread } from './spread.ts'
import { TENANTS } from './tenants.ts'
import { Workers } from './workers.ts'

const DIR = join(ROOT, 'dist/bench/limiter')

const NAMES = ['off', 'on', 'reserve 20', 'reserve 100', 'refused'] as const
type Name = (typeof NAMES)[number]

/** The variables of each. The tenant that is refused may make one request a minute, the other as many as it likes. */
const VARIABLES: Readonly<Record<Exclude<Name, 'refused'>, Record<string, string>>> = {
  off: { RATE_LIMITS: 'off' },
  on: {},
  'reserve 20': { RATE_LIMIT_RESERVE: '20' },
  'reserve 100': { RATE_LIMIT_RESERVE: '100' },
}
const TIERS = JSON.stringify({ free: { rate_limit: 1 }, enterprise: { rate_limit: 1e9 } })
const EXHAUSTED = 'limiter-exhausted'

/**
 * `npm run bench:limiter`: the newest post of a tenant, read through the bundled Worker on workerd itself, with and
 * without the limiter, and by a tenant that is refused. `--quick` shows that it works, and no more.
 */
async function measure(
  settings: Settings,
  closers: AsyncDisposableStack,
  log: (line: string) => void,
): Promise<string> {
  const before = loadAverage()
  await rm(DIR, { recursive: true, force: true })
  await mkdir(DIR, { recursive: true })
  const workers = new Workers()
  const { file } = await bundle(DIR)
  const stack = await spawnStack()
  closers.defer(() => stack.close())
  closers.defer(() => workers.close())

  const urls = new Map<Name, string>()
  for (const [name, variables] of Object.entries(VARIABLES)) {
    const dir = join(DIR, name.replace(' ', '-'))
    await mkdir(dir, { recursive: true })
    const common = { ...stack.info.variables, TENANTS: tenantRecords(), DEFAULT_ENGINE: 'postgres', TIERS }
    const worker = await workers.start({ dir, file, variables: { ...common, ...variables } })
    urls.set(name as Name, `${worker.url}/api/posts?limit=1`)
  }
  const urlOf = (name: Name) => urls.get(name) ?? ''
  await writePosts(new URL(urlOf('off')).origin, TENANTS.postgres)
  // A problem repeats the request's id: with one of our own every refusal is the same to the byte.
  const exhausted = { 'x-user-id': EXHAUSTED, 'x-request-id': 'refused' }
  await fetch(urlOf('on'), { headers: exhausted })

  const served = (Object.keys(VARIABLES) as Exclude<Name, 'refused'>[]).map((name) =>
    contender<Name>(name, urlOf(name), { 'x-user-id': TENANTS.postgres }),
  )
  const refused = contender<Name>('refused', urlOf('on'), exhausted, 429)
  const standings = await runRounds(await Promise.all([...served, refused]), settings, log)
  const result = { at: new Date().toISOString(), settings, before, after: loadAverage(), standings }
  await writeFile(join(DIR, 'limiter.json'), `${JSON.stringify(result, null, 2)}\n`)
  log(`Every figure: ${relative(process.cwd(), join(DIR, 'limiter.json'))}`)
  return report(standings, settings)
}

function report(standings: Readonly<Record<Name, Standing>>, settings: Settings): string {
  const { rounds, seconds, connections } = settings
  const lines = NAMES.map((name) => {
    const { requestsPerSecond, p50, p99, failure = '' } = standings[name]
    const share =
      name === 'refused' ? '' : `${Math.round(ratio(standings[name], standings.off).median * 100)} %`
    return `| ${name} | ${shown(requestsPerSecond)} | ${share} | ${ms(p50)} | ${ms(p99)} | ${failure} |`
  })
  return `The newest post of a tenant on Postgres; ${connections} connections, ${rounds} rounds of ${seconds} s in turn, medians (least to most):

| limiter | requests/s | of off | p50 | p99 | not as expected |
| --- | --- | --- | --- | --- | --- |
${lines.join('\n')}
`
}

const shown = ({ median, min, max }: Spread) => `${whole(median)} (${whole(min)} to ${whole(max)})`
const whole = (value: number) => Math.round(value).toLocaleString('en')
const ms = ({ median }: Spread) => `${median.toFixed(1)} ms`

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const closers = new AsyncDisposableStack()
try {
  const outcome = await Promise.race([
    measure(values.quick ? QUICK : FULL, closers, progress()),
    untilStopped(),
  ])
  if (outcome.startsWith('SIG')) process.exitCode = 130
  else process.stdout.write(outcome)
} catch (error) {
  process.stderr.write(`\nThe benchmark failed: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
await closers.disposeAsync()
process.exit()
