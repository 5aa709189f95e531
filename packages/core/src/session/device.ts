import Bowser from 'bowser'

/**
 * Returns a name by which users recognise the client of a session, such as `Chrome on Windows`. If
 * browser or system is unknown, this is the first word of the user agent.
 */
export function deviceOf(userAgent: string | null): string | null {
  if (userAgent === null || userAgent.trim() === '') return null
  const { browser, os } = Bowser.parse(userAgent)
  const parts = [browser.name, os.name].filter((name) => name !== undefined && name !== '')
  return parts.length === 2 ? parts.join(' on ') : userAgent.trim().split(/[\s/(]/)[0] || null
}
