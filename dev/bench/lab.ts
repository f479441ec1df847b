import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { type Bundle, bundle, ROOT } from '../local/worker/bundle.ts'
import type { Workerd } from '../local/worker/workerd.ts'
import type { StackInfo } from '../stack.ts'
import { spawnStack } from '../stack-process.ts'
import { LoadGenerator } from './load.ts'
import { prepareLogins } from './logins.ts'
import type { Settings } from './settings.ts'
import { Workers } from './workers.ts'

/** What a run leaves behind: bundles, logs of the Workers, every figure. */
export const DIR = join(ROOT, 'dist/bench')

/** Of Postgres: room for a thousand users in hosts of their own, beside the tenth that the budget keeps in reserve. */
const MAX_CONNECTIONS = 1_250

/** What the sections measure with: the local stack, Workers on workerd, and a load generator, each a process of its own. */
export class Lab {
  readonly settings: Settings
  readonly stack: StackInfo
  /** Of the user whom Postgres asks for SCRAM. */
  readonly scramUrl: string
  readonly workers: Workers
  readonly load: LoadGenerator
  /** To the same server that the Workers use. */
  readonly mongo: MongoClient
  /** Tells on standard error how far things are. */
  readonly log: (line: string) => void
  readonly #bundles = new Map<string, Promise<Bundle>>()
  #folders = 0

  private constructor(
    settings: Settings,
    stack: StackInfo,
    scramUrl: string,
    log: (line: string) => void,
    closers: AsyncDisposableStack,
  ) {
    this.settings = settings
    this.stack = stack
    this.scramUrl = scramUrl
    this.log = log
    this.workers = new Workers()
    this.load = new LoadGenerator()
    this.mongo = new MongoClient(stack.variables.MONGODB_URI ?? '')
    closers.defer(() => this.mongo.close())
    closers.defer(() => this.load.close())
    closers.defer(() => this.workers.close())
  }

  /** @param closers ends all that is started, also where opening is interrupted */
  static async open(
    settings: Settings,
    closers: AsyncDisposableStack,
    log: (line: string) => void,
  ): Promise<Lab> {
    await rm(DIR, { recursive: true, force: true })
    await mkdir(DIR, { recursive: true })
    const starting = spawnStack(['--max-connections', `${MAX_CONNECTIONS}`])
    // One that did not start has ended.
    closers.defer(() =>
      starting.then(
        (stack) => stack.close(),
        () => {},
      ),
    )
    const { info } = await starting
    const { scramUrl } = await prepareLogins(info.postgresUrl)
    return new Lab(settings, info, scramUrl, log, closers)
  }

  /** A folder of this run. */
  async dir(name: string): Promise<string> {
    const dir = join(DIR, name)
    await mkdir(dir, { recursive: true })
    return dir
  }

  /** A folder that nobody had before: what a Worker stores is not to be found by the next one, connections lent among it. */
  newDir(name: string): Promise<string> {
    return this.dir(`${name}/${this.#folders++}`)
  }

  /**
   * The bundle that a deploy would upload, made once.
   * @param entry another entry file than Rockpool's own, from the project's root
   */
  bundle(entry = 'src/index.ts'): Promise<Bundle> {
    let made = this.#bundles.get(entry)
    if (!made) {
      made = this.dir(`bundles/${entry.replaceAll('/', '-')}`).then((dir) => bundle(dir, entry))
      this.#bundles.set(entry, made)
    }
    return made
  }

  /**
   * Starts Rockpool on workerd; whoever starts it closes it.
   * @param name above its folder
   * @param variables over the stack's; an empty one counts as not set
   * @param entry another entry file than Rockpool's own, from the project's root
   */
  async startRockpool(
    name: string,
    variables: Readonly<Record<string, string>>,
    entry?: string,
  ): Promise<Workerd & AsyncDisposable> {
    const [dir, { file }] = await Promise.all([this.newDir(name), this.bundle(entry)])
    const worker = await this.workers.start({
      dir,
      file,
      variables: { ...this.stack.variables, ...variables },
    })
    return { ...worker, [Symbol.asyncDispose]: () => worker.close() }
  }

  /**
   * Lengthens every round trip to Postgres and MongoDB by so many ms, for those who go through the stack's proxies;
   * Redis stays as near as it was.
   */
  async delayDatabases(delayMs: number): Promise<void> {
    for (const service of ['postgres', 'mongo']) {
      const answer = await fetch(`${this.stack.controlUrl}/${service}`, {
        method: 'PUT',
        body: JSON.stringify({ delayMs }),
      })
      if (!answer.ok) throw new Error(`no delay for ${service}: ${await answer.text()}`)
    }
  }
}
