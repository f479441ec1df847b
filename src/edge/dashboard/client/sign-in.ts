import { Refusal, signIn } from './api.ts'
import { part, setText } from './dom.ts'
import { show } from './screen.ts'

/** Shows the form, with the reason why if there is one. */
export function askForToken(reason = ''): void {
  show('sign-in')
  setText(part('sign-in-error', HTMLElement), reason)
  part('token', HTMLInputElement).focus()
}

/** Sends the token when the form is sent, and calls `signedIn` when it was the right one. */
export function onSignIn(signedIn: () => void): void {
  const form = part('sign-in-form', HTMLFormElement)
  const input = part('token', HTMLInputElement)
  const fault = part('sign-in-error', HTMLElement)
  const button = form.querySelector('button')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    setText(fault, '')
    if (button) button.disabled = true
    try {
      await signIn(input.value.trim())
      // The page keeps no token: the cookie is all there is.
      input.value = ''
      signedIn()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      setText(fault, reasonOf(error))
      input.select()
    } finally {
      if (button) button.disabled = false
    }
  })
}

function reasonOf({ status, message, retryAfterS }: Refusal): string {
  if (status === 401) return 'This is not the admin token.'
  if (status === 429) return `Too many attempts. Try again ${retryAfterS ? `in ${retryAfterS} s` : 'later'}.`
  return message
}
