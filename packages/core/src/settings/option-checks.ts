import type { Rate } from '../limits/budget.ts'
import type { Rates } from '../options/limits.ts'
import { DAY_SECONDS, durationSeconds } from '../time/duration.ts'

export const YEAR_SECONDS = 366 * DAY_SECONDS

const MAX_RATE = 1_000_000

/** Reads options and collects the problems, so that one error can list all of them. */
export class OptionChecks {
  /** One sentence for each problem. */
  readonly reasons: string[] = []

  /** Records `reason` unless `holds` is true. */
  demand(holds: boolean, reason: string): void {
    if (!holds) this.reasons.push(reason)
  }

  /** Reads one of several words. Returns the first of them if the value is invalid. */
  oneOf<Word extends string>(name: string, value: Word, ...words: readonly [Word, ...Word[]]): Word {
    const isKnown = words.includes(value)
    this.demand(isKnown, `${name} must be ${words.map((word) => `"${word}"`).join(' or ')}.`)
    return isKnown ? value : words[0]
  }

  /** Reads a whole number. */
  whole(name: string, value: unknown, min: number, max: number): number {
    const isWhole = Number.isInteger(value) && Number(value) >= min && Number(value) <= max
    this.demand(isWhole, `${name} must be a whole number from ${min} to ${max}.`)
    return Number(value)
  }

  /** Reads a duration, in seconds. */
  seconds(name: string, value: unknown, min: number, max: number): number {
    const parsed = durationSeconds(value)
    this.demand(
      parsed !== null && parsed >= min && parsed <= max,
      `${name} must be a duration such as "30s", "10m", "24h" or "30d", from ${min} to ${max} seconds.`,
    )
    return parsed ?? min
  }

  /** Reads the rates of a limit and returns them with the shortest window first. */
  rates(name: string, value: Rates): Rate[] {
    const rates = Object.entries(value)
      .map(([window, limit]) => ({
        limit: this.whole(`${name}["${window}"]`, limit, 1, MAX_RATE),
        windowSeconds: this.seconds(`The window "${window}" of ${name}`, window, 1, YEAR_SECONDS),
      }))
      .sort((a, b) => a.windowSeconds - b.windowSeconds)
    const pairs = rates.slice(1).map((rate, index) => [rates[index] as Rate, rate] as const)
    this.demand(
      pairs.every(([shorter, longer]) => longer.limit >= shorter.limit),
      `${name} allows fewer in a longer window than in a shorter one; raise the limit of the longer window.`,
    )
    this.demand(
      pairs.every(([shorter, longer]) => longer.windowSeconds > shorter.windowSeconds),
      `${name} lists the same window twice; remove one of them.`,
    )
    return rates
  }
}
