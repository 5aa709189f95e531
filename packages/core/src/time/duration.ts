/**
 * A duration with its unit: `"30s"`, `"10m"`, `"24h"`, `"30d"`. A bare number is not accepted,
 * because its unit could be mistaken.
 */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`

export const DAY_SECONDS = 86_400

const SECONDS = { s: 1, m: 60, h: 3600, d: DAY_SECONDS } as const

const MAX_DAYS = 366

/**
 * `duration` in seconds; `null` if it is not a whole number of units, or is longer than 366 days.
 */
export function durationSeconds(duration: unknown): number | null {
  const match = typeof duration === 'string' ? /^(0|[1-9][0-9]{0,8})([smhd])$/.exec(duration) : null
  if (match === null) return null
  const seconds = Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS]
  return seconds <= MAX_DAYS * SECONDS.d ? seconds : null
}
