import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { startStack } from '../../dev/local/stack.ts'
import { bundle, ROOT } from '../../dev/local/worker/bundle.ts'
import { startWorkerd } from '../../dev/local/worker/workerd.ts'
import { started } from '../support/started.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The examples of the README, pasted in their order. */

const dir = temporaryFolder('readme')

const [local = '', production = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split(
  /^## Deploy to Cloudflare$/m,
)

interface Example {
  readonly command: string
  /** What the README shows as its output; `undefined` where it shows none. */
  readonly shown: string | undefined
}

/** The examples that ask a running Rockpool, in fenced blocks of a shell. */
function examplesOf(markdown: string): Example[] {
  const blocks = markdown.matchAll(/^ *```(console|sh)\n(.*?)^ *```$/gms)
  return [...blocks].flatMap(([, kind, text = '']) => {
    if (!text.includes('$URL')) return []
    if (kind === 'sh') return [{ command: text, shown: undefined }]
    return text.split(/^\$ /m).flatMap((part) => {
      const [command = '', ...output] = part.trim().split('\n')
      return command === '' ? [] : [{ command, shown: output.join('\n') || undefined }]
    })
  })
}

/** Runs examples one after the other in one shell, as somebody who pastes them does, and returns what each printed. */
async function paste(examples: readonly Example[], env: Record<string, string>): Promise<string[]> {
  const script = examples.map(({ command }) => `${command}\necho; echo '-- next --'`).join('\n')
  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    env: { ...process.env, ...env },
    cwd: ROOT,
  })
  return stdout.split('-- next --\n').map((text) => text.trim())
}

/** What of an answer is the same at every run: the fields of JSON, all other text without its digits. */
function gist(text: string): unknown {
  try {
    return fieldsOf(JSON.parse(text.replaceAll('{…}', `"${LEFT_OUT}"`)))
  } catch {
    return text.toLowerCase().replaceAll(/\d+/g, '0').replaceAll('\r', '')
  }
}

/** What the README writes in the place of what would fill a page. */
const LEFT_OUT = '…'

function fieldsOf(value: unknown): unknown {
  if (value === LEFT_OUT) return expect.anything()
  if (Array.isArray(value)) return value.slice(0, 1).map(fieldsOf)
  if (value === null || typeof value !== 'object') return 'a value'
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fieldsOf(field)]))
}

it('those of the local stack print what the README says they do', async () => {
  const rockpool = await started(['--dir', dir])
  try {
    const examples = examplesOf(local).filter(({ command }) => !command.startsWith('URL='))
    expect(examples.length).toBeGreaterThan(10)
    const printed = await paste(examples, { URL: rockpool.url, TOKEN: rockpool.adminToken })
    examples.forEach(({ command, shown }, n) => {
      const answer = printed[n] ?? ''
      if (shown !== undefined) expect(gist(answer), command).toEqual(gist(shown))
      else expect(answer, command).not.toMatch(/"status":[45]\d\d/)
    })
  } finally {
    await rockpool.interrupt()
  }
}, 120_000)

it('those of a deployment lead from secrets to the first post in production', async () => {
  await using closers = new AsyncDisposableStack()
  const stack = await startStack({ log: () => {} })
  closers.defer(() => stack.close())
  const { MONGODB_URI, JWT_SECRET, ADMIN_TOKEN, DIRECTORY_KEY, ...rest } = stack.variables
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = rest
  const secrets = {
    MONGODB_URI,
    JWT_SECRET,
    ADMIN_TOKEN,
    DIRECTORY_KEY,
    UPSTASH_REDIS_REST_URL,
    UPSTASH_REDIS_REST_TOKEN,
  }
  // A production refuses Postgres without TLS, which is what the local stack has.
  const { vars } = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') })
  const variables = { ...vars, ...secrets, DEFAULT_ENGINE: 'mongo' } as Record<string, string>
  const { file } = await bundle(dir)
  const worker = await startWorkerd({ dir, file, variables })
  closers.defer(() => worker.close())

  const [example] = examplesOf(production)
  // The lines that everybody fills in.
  const command = example?.command.replace(/^ *(URL|export JWT_SECRET)=.*\n/gm, '') ?? ''
  expect(example?.command.split('\n').length).toBe(command.split('\n').length + 2)
  const env = { URL: worker.url, JWT_SECRET: JWT_SECRET ?? '', ADMIN_TOKEN: ADMIN_TOKEN ?? '' }
  const unknown = await paste(
    [{ command: command.replace(/^.*\/admin\/tenants.*$/m, ''), shown: undefined }],
    env,
  )
  expect(unknown[0]).toContain('unknown_tenant')
  const [printed = ''] = await paste([{ command, shown: undefined }], env)
  expect(printed).toMatch(/^\{"status":"healthy"/)
  expect(printed).toMatch(/\{"user_id":"acme","post_id":"[0-9a-f]{24}","message":"Post created"\}$/)
}, 120_000)
