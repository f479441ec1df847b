import type { PoolRow } from '../contract.ts'
import { post, Refusal } from './api.ts'
import { confirmed, type Question } from './confirm.ts'
import { poolName } from './pool-columns.ts'
import { toast } from './toasts.ts'

/** Something that an operator can do, asked before and reported after. */
export interface Action {
  readonly label: string
  readonly question: Question
  readonly done: string
  readonly path: string
  readonly body: object
}

/** What can be done with a pool, the mildest first. */
export function poolActions(pool: PoolRow): Action[] {
  const { host, pool: key, tenant, cluster } = pool
  const name = poolName(pool)
  const facts = [
    ['Pool of', name],
    ['Host', host],
    ['Cluster', cluster],
    ['Connections', `${pool.size}, ${pool.used} of them in use`],
  ] as const
  const recycle: Action = {
    label: 'Recycle',
    question: {
      title: `Recycle the pool of ${name}?`,
      text: 'A new pool takes its place at once. The old one ends when its requests have ended; none fails.',
      facts,
      yes: 'Recycle pool',
      harsh: false,
    },
    done: `The pool of ${name} on ${host} was recycled.`,
    path: '/admin/pools/recycle',
    body: { host, pool: key },
  }
  const close: Action = {
    label: 'Close',
    question: {
      title: `Close the pool of ${name}?`,
      text: 'Its requests come to their end and its connections are closed. The next request opens a new pool.',
      facts,
      yes: 'Close pool',
      harsh: true,
    },
    done: `The pool of ${name} on ${host} was closed.`,
    path: '/admin/pools/close',
    body: { host, pool: key },
  }
  if (tenant === null) return [recycle, close]
  return [recycle, pool.paused ? resumeAction(tenant) : pauseAction(tenant), close]
}

function pauseAction(tenant: string): Action {
  return {
    label: 'Pause',
    question: {
      title: `Pause ${tenant}?`,
      text: 'Its requests are held back on every host until you resume it; those that wait too long are refused.',
      facts: [['Tenant', tenant]],
      yes: 'Pause tenant',
      harsh: true,
    },
    done: `${tenant} is paused.`,
    path: '/admin/pause',
    body: { user_id: tenant },
  }
}

/** @param tenant `null` for the whole fleet */
export function resumeAction(tenant: string | null): Action {
  const name = tenant ?? 'the whole fleet'
  return {
    label: 'Resume',
    question: {
      title: `Resume ${name}?`,
      text: 'The requests that are held back go on at once.',
      facts: [['Tenant', tenant ?? 'all']],
      yes: 'Resume',
      harsh: false,
    },
    done: tenant === null ? 'The fleet is resumed.' : `${tenant} is resumed.`,
    path: '/admin/resume',
    body: { user_id: tenant },
  }
}

/** Asks, does it, and says what came of it. `button` cannot be pressed twice meanwhile. */
export async function perform(action: Action, button: HTMLButtonElement): Promise<void> {
  if (!(await confirmed(action.question))) return
  button.disabled = true
  try {
    await post(action.path, action.body)
    toast(action.done)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    toast(`${action.question.title.replace('?', '')}: this did not work. ${error.message}`, 'failed')
  } finally {
    button.disabled = false
  }
}
