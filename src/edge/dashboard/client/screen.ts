import { part } from './dom.ts'

const SCREENS = ['skeleton', 'sign-in', 'trouble', 'fleet'] as const
export type Screen = (typeof SCREENS)[number]

/** Shows one of the page's screens, and hides the others. */
export function show(screen: Screen): void {
  for (const one of SCREENS) part(one, HTMLElement).hidden = one !== screen
  for (const id of ['health', 'freshness', 'sign-out']) part(id, HTMLElement).hidden = screen === 'sign-in'
}

export function isShown(screen: Screen): boolean {
  return !part(screen, HTMLElement).hidden
}
