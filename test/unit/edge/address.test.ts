import { expect, test } from 'vitest'
import { addressKey } from '../../../src/edge/address.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8:1::', '2001:db8:1:0::/64'],
  ['::ffff:192.0.2.7', '0:0:0:0::/64'],
])('%s is counted as %s', (header, key) => {
  expect(addressKey(header)).toBe(key)
})

test.each([null, '', 'localhost', '192.0.2.7, 192.0.2.8', '[::1]', ':'.repeat(50), '::1]/x', 'a:b:c', '%:'])(
  '%j is nobody in particular',
  (header) => {
    expect(addressKey(header)).toBe('unknown')
  },
)
