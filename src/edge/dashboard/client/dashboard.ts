import type { SessionState } from '../contract.ts'

/** Says whether who looks is signed in. */
async function showSession(state: HTMLElement): Promise<void> {
  const response = await fetch('/dashboard/session')
  if (!response.ok) {
    state.textContent = `The Worker answered ${response.status}.`
    return
  }
  const { signed_in }: SessionState = await response.json()
  state.textContent = signed_in ? 'Signed in.' : 'Not signed in.'
}

const state = document.getElementById('state')
if (state) await showSession(state)
