import { element, part } from './dom.ts'

const SHOWN_MS = 6000

/** Says what came of an action, in a region that screen readers read out. What failed stays until it is dismissed. */
export function toast(text: string, outcome: 'done' | 'failed' = 'done'): void {
  const dismiss = element('button', { type: 'button', class: 'quiet' }, 'Dismiss')
  const node = element('div', { class: 'toast', 'data-outcome': outcome }, element('p', {}, text), dismiss)
  dismiss.addEventListener('click', () => node.remove())
  part('toasts', HTMLElement).append(node)
  if (outcome === 'done') setTimeout(() => node.remove(), SHOWN_MS)
}
