import Bowser from 'bowser'

/**
 * What a session's client is, for its owner to recognise: `Chrome on Windows`, or what it called
 * itself if that is all there is.
 */
export function deviceOf(userAgent: string | null): string | null {
  if (userAgent === null || userAgent.trim() === '') return null
  const { browser, os } = Bowser.parse(userAgent)
  const parts = [browser.name, os.name].filter((name) => name !== undefined && name !== '')
  return parts.length === 2 ? parts.join(' on ') : userAgent.trim().split(/[\s/(]/)[0] || null
}
