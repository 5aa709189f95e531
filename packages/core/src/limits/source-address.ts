/** The source of a request, in the two sizes that have budgets. */
export interface SourceAddress {
  /**
   * One subscriber: an IPv4 address, or the /64 of an IPv6 address, in which the subscriber can
   * choose addresses freely.
   */
  readonly address: string
  /** One network: the IPv4 /24 or the IPv6 /48. */
  readonly prefix: string
}

/**
 * Parses an IP address in any spelling: case, zero groups, `::`, zone ids, IPv4-mapped forms and a
 * port do not matter (`203.0.113.7:40000`, `[2001:db8::1]:443`). Returns `null` for anything else;
 * budgets treat that as one shared, unknown source.
 */
export function parseSourceAddress(ip: string | undefined): SourceAddress | null {
  // Callers without types pass the `null` of a missing header.
  if (typeof ip !== 'string' || ip.length > 64) return null
  const address = withoutPort(ip.trim())
  const ipv4 = ipv4Octets(address)
  if (ipv4 !== null) return fromIpv4(ipv4)
  const groups = ipv6Groups(address)
  if (groups === null) return null
  const isIpv4Mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isIpv4Mapped) return fromIpv4(groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]))
  const hex = groups.map((group) => group.toString(16))
  return { address: `${hex.slice(0, 4).join(':')}::/64`, prefix: `${hex.slice(0, 3).join(':')}::/48` }
}

// An IPv6 address has brackets if a port follows, because it contains colons itself.
function withoutPort(address: string): string {
  const [, ipv6, ipv4] = /^(?:\[([^\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5})$/.exec(address) ?? []
  return ipv6 ?? ipv4 ?? address
}

function fromIpv4(octets: readonly number[]): SourceAddress {
  return { address: octets.join('.'), prefix: `${octets.slice(0, 3).join('.')}.0/24` }
}

function ipv4Octets(ip: string): number[] | null {
  if (!/^(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}$/.test(ip)) return null
  const octets = ip.split('.').map(Number)
  return octets.every((octet) => octet <= 255) ? octets : null
}

function ipv6Groups(ip: string): number[] | null {
  const withoutZone = ip.replace(/%[0-9A-Za-z_.-]+$/, '')
  if (!/^[0-9A-Fa-f:.]+$/.test(withoutZone)) return null
  // The WHATWG URL parser accepts every spelling of an IPv6 address and returns one.
  if (!URL.canParse(`http://[${withoutZone}]`)) return null
  const canonical = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1)
  // `::` stands for the groups that are missing. They are zero.
  const missing = 8 - canonical.split(':').filter(isGroup).length
  const complete = canonical.replace('::', `:${'0:'.repeat(missing)}`)
  return complete
    .split(':')
    .filter(isGroup)
    .map((group) => Number.parseInt(group, 16))
}

function isGroup(text: string): boolean {
  return text !== ''
}
