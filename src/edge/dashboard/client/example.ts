import { part, setText } from './dom.ts'

/** The line that makes a pool appear, in the empty state: README, "The first five minutes". */
export function showExample(): void {
  const line = `for n in $(seq 20); do curl -s -o /dev/null ${location.origin}/api/posts -H 'X-User-ID: globex' -H 'Cache-Control: no-cache'; done`
  setText(part('example', HTMLElement), line)
  const button = part('copy-example', HTMLButtonElement)
  // Only pages that came over HTTPS or from this machine have a clipboard.
  button.hidden = !navigator.clipboard
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(line)
    setText(button, 'Copied')
  })
}
