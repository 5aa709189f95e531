/**
 * The language to write in: the first of `preferred` that is in `offered`, otherwise the first
 * offered one; `null` if none is offered.
 *
 * A range matches the same tag or any shorter form of it, so `pt-BR` matches `pt` (lookup of RFC
 * 4647 section 3.4).
 */
export function chooseLocale(
  preferred: string | readonly string[] | undefined,
  offered: readonly string[],
): string | null {
  const byLowerCase = new Map(offered.map((locale) => [locale.toLowerCase(), locale]))
  for (const range of [preferred ?? []].flat()) {
    // Clients send these values. Anything that cannot be a language tag is skipped.
    if (typeof range !== 'string' || range.length > 64) continue
    for (let tag = range.toLowerCase(); tag !== ''; tag = shortened(tag)) {
      const locale = byLowerCase.get(tag)
      if (locale !== undefined) return locale
    }
  }
  return offered[0] ?? null
}

// RFC 4647 section 3.4: a single letter or digit introduces the next subtag, so both are removed
// together.
function shortened(tag: string): string {
  const shorter = tag.slice(0, Math.max(tag.lastIndexOf('-'), 0))
  return /(^|-)[a-z0-9]$/.test(shorter) ? shorter.slice(0, Math.max(shorter.lastIndexOf('-'), 0)) : shorter
}
