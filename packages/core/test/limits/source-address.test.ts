import { describe, expect, it } from 'vitest'
import { parseSourceAddress } from '../../src/limits/source-address.ts'

describe('parseSourceAddress', () => {
  it('LIM-4 parses all spellings of one IPv6 address to the same source', () => {
    const spellings = [
      '2001:db8:1:2:3:4:5:6',
      '2001:DB8:1:2:3:4:5:6',
      '2001:0db8:0001:0002:0003:0004:0005:0006',
      '2001:db8:1:2::1',
      '2001:db8:1:2::',
      '2001:db8:1:2:ffff:ffff:ffff:ffff',
      '2001:db8:1:2:3:4:192.0.2.1',
      '2001:db8:1:2::1%eth0',
      `2001:db8:1:2::1%${'e'.repeat(48)}`,
    ]
    for (const spelling of spellings) {
      expect(parseSourceAddress(spelling), spelling).toEqual({
        address: '2001:db8:1:2::/64',
        prefix: '2001:db8:1::/48',
      })
    }
    expect(parseSourceAddress('::1')).toEqual({ address: '0:0:0:0::/64', prefix: '0:0:0::/48' })
    expect(parseSourceAddress('1:0:0:2:3:4:5:6')).toEqual({ address: '1:0:0:2::/64', prefix: '1:0:0::/48' })
    expect(parseSourceAddress('1::2:3:4:5:6')).toEqual({ address: '1:0:0:2::/64', prefix: '1:0:0::/48' })
  })

  it('LIM-4 treats an IPv6 address that only ends like an IPv4-mapped one as IPv6', () => {
    expect(parseSourceAddress('2001:db8::ffff:1.2.3.4')).toEqual({
      address: '2001:db8:0:0::/64',
      prefix: '2001:db8:0::/48',
    })
    expect(parseSourceAddress('::1.2.3.4')).toEqual({ address: '0:0:0:0::/64', prefix: '0:0:0::/48' })
  })

  it('LIM-4 converts IPv4-mapped addresses to IPv4', () => {
    for (const spelling of [
      '1.2.3.4',
      '::ffff:1.2.3.4',
      '::ffff:0102:0304',
      '::FFFF:102:304',
      '0:0:0:0:0:ffff:1.2.3.4',
    ]) {
      expect(parseSourceAddress(spelling), spelling).toEqual({ address: '1.2.3.4', prefix: '1.2.3.0/24' })
    }
    expect(parseSourceAddress('255.255.255.255')).toEqual({ address: '255.255.255.255', prefix: '255.255.255.0/24' })
    expect(parseSourceAddress('::ffff:c0a8:1ff')).toEqual({ address: '192.168.1.255', prefix: '192.168.1.0/24' })
  })

  it('LIM-4 reads addresses with a port, as proxies and load balancers write them', () => {
    const ipv4 = { address: '203.0.113.7', prefix: '203.0.113.0/24' }
    const ipv6 = { address: '2001:db8:0:0::/64', prefix: '2001:db8:0::/48' }
    for (const spelling of ['203.0.113.7:40000', '203.0.113.7:80', ' 203.0.113.7', '[::ffff:203.0.113.7]:443']) {
      expect(parseSourceAddress(spelling), spelling).toEqual(ipv4)
    }
    for (const spelling of ['[2001:db8::1]:443', '[2001:db8::1]', '[2001:db8::1%eth0]:443', '\t2001:DB8::1 ']) {
      expect(parseSourceAddress(spelling), spelling).toEqual(ipv6)
    }
    // Without brackets the last group is a part of the address.
    expect(parseSourceAddress('2001:db8::1:443')).toEqual(ipv6)
  })

  it('LIM-4 returns null for everything else', () => {
    const others = [
      undefined,
      '',
      'unknown',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.4, 5.6.7.8',
      '0x1.2.3.4',
      '1',
      ':::',
      '1::2::3',
      '12345::',
      'g::1',
      '[::1',
      '::1]:80',
      '[1.2.3.4.5]:80',
      '[::1]:port',
      '[::1]:123456',
      '203.0.113.7:',
      '203.0.113.7:80:80',
      'localhost',
      '::ffff:1.2.3.256',
      '1:2:3:4:5:6:7%eth:8',
      '::1%eth0!',
      '::1%',
      // In a URL, these would end the address early.
      '::1]/a',
      '::1]:80/[::1',
      `2001:db8:1:2::1%${'e'.repeat(49)}`,
      'x'.repeat(70_000),
    ]
    for (const other of others) expect(parseSourceAddress(other), String(other).slice(0, 30)).toBeNull()
  })
})
