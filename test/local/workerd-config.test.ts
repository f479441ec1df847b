import { expect, test } from 'vitest'
import { workerdConfig } from '../../dev/local/worker/workerd-config.ts'

const config = workerdConfig({ file: 'index.js', storage: '/objects', variables: ['JWT_SECRET'] })

test('no object is evicted while its pools are open, as in production', () => {
  const namespaces = config.match(/className = "[^)]*/g) ?? []
  expect(namespaces.length).toBeGreaterThan(0)
  for (const namespace of namespaces) expect(namespace).toContain('preventEviction = true')
})

test('values of variables stay out of the file', () => {
  expect(config).toContain('(name = "JWT_SECRET", fromEnvironment = "JWT_SECRET")')
})
