import { element, part, setText } from './dom.ts'

/** What an action will do, and to whom. */
export interface Question {
  readonly title: string
  readonly text: string
  /** Names and values, such as the tenant and the host. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** The word on the button. */
  readonly yes: string
  /** Whether requests can fail or wait because of it. */
  readonly harsh: boolean
}

/** Asks in a modal dialog. Escape and Cancel both mean no, and Cancel has the focus. */
export function confirmed({ title, text, facts, yes, harsh }: Question): Promise<boolean> {
  const dialog = part('confirm', HTMLDialogElement)
  const [no, go] = [part('confirm-no', HTMLButtonElement), part('confirm-yes', HTMLButtonElement)]
  setText(part('confirm-title', HTMLElement), title)
  setText(part('confirm-text', HTMLElement), text)
  part('confirm-facts', HTMLElement).replaceChildren(
    ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  )
  setText(go, yes)
  go.className = harsh ? 'danger' : 'primary'

  dialog.returnValue = ''
  no.onclick = () => dialog.close('no')
  go.onclick = () => dialog.close('yes')
  dialog.showModal()
  no.focus()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true })
  })
}
