import { type RawBuilder, sql } from 'kysely'

// Parts of functions. Expressions are on the names of their variables.

/**
 * Each statement of a function is planned once in a connection, perhaps while the tables are empty.
 * Then the planner would prefer to read whole tables, and would keep that plan when they grow.
 */
export const STABLE_PLANS = sql`set plan_cache_mode = force_generic_plan set enable_seqscan = off`

/** An instant in milliseconds since 1970. */
export function milliseconds(instant: string): RawBuilder<unknown> {
  return sql.raw(`round(date_part('epoch', ${instant}) * 1000)::bigint`)
}

/** The end of the UTC day of an instant in milliseconds. */
export function endOfDay(instant: string): RawBuilder<unknown> {
  return sql.raw(`to_timestamp((${instant} + 86399999) / 86400000 * 86400)`)
}

/** The end of the sub-window of an instant in milliseconds. Sub-windows last 1 or longer. */
export function endOfGrain(instant: string, grain: string): RawBuilder<unknown> {
  return sql.raw(`(${instant} + ${grain} - 1) / ${grain} * ${grain}`)
}
