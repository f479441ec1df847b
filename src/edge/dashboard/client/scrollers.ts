import { setAttribute } from './dom.ts'

/**
 * Makes what scrolls reachable by keyboard, under the name of its section. Not every browser does so by itself
 * (developer.chrome.com/blog/keyboard-focusable-scrollers).
 */
export function openScrollersToKeyboard(): void {
  for (const scroller of document.querySelectorAll<HTMLElement>('.scroll, .table-region')) {
    scroller.tabIndex = 0
    scroller.role = 'group'
    const name = scroller.closest('section')?.getAttribute('aria-labelledby') ?? null
    setAttribute(scroller, 'aria-labelledby', name)
  }
}
