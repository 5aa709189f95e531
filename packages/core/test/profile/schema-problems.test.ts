import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { z as zod3 } from 'zod/v3'
import type { ProfileSchema } from '../../src/index.ts'
import { startProblems } from '../setup.ts'

const REMEDY = 'create it with z.object() of "zod", version 4.'
const OVER_FIELDS =
  'profile.schema has rules over several fields, which updateProfile could not check; move them to profile.check.'

const problems = (schema: unknown) => startProblems({ profile: { schema, isComplete: () => true } })
const fieldProblems = (rule: unknown) => problems(z.object({ name: z.string(), field: rule as z.ZodType }))
const returns = (returned: string, instead: string, path = 'field') => [
  `profile.schema.${path} returns ${returned}, which JSON cannot hold; use ${instead}.`,
]
const aDate = (path?: string) => returns('a Date', 'z.iso.date() or z.iso.datetime()', path)

describe('the schema of a profile', () => {
  it('is refused if it is not an object schema of Zod 4, and the reason says what it is', () => {
    expect(problems(zod3.object({ name: zod3.string() }))).toEqual([`profile.schema is a Zod 3 schema; ${REMEDY}`])
    expect(problems(mini.object({ name: mini.string() }))).toEqual([`profile.schema is a zod/mini schema; ${REMEDY}`])
    for (const schema of [undefined, null, {}, [], 'name', 5, () => true, { name: z.string() }, { _zod: null }]) {
      expect(problems(schema)).toEqual([`profile.schema is not a Zod schema; ${REMEDY}`])
    }
    const others = [z.string(), z.object({}).optional(), z.object({}).transform(Object.keys), mini.string()]
    expect(others.flatMap(problems)).toEqual(
      ['string', 'optional', 'pipe', 'string'].map(
        (type) => `profile.schema is a Zod schema of type "${type}"; ${REMEDY}`,
      ),
    )
  })

  it('is also refused by the compiler', () => {
    const accepts = (_schema: ProfileSchema) => undefined
    accepts(z.strictObject({ name: z.string() }))
    // @ts-expect-error Zod 3
    accepts(zod3.object({ name: zod3.string() }))
    // @ts-expect-error zod/mini
    accepts(mini.object({ name: mini.string() }))
    // @ts-expect-error not an object schema
    accepts(z.string())
  })

  it('is refused with rules over several fields, and its invalid fields are listed as well', () => {
    const schema = z.object({ from: z.date(), to: z.date() }).refine(({ from, to }) => from <= to)
    expect(problems(schema)).toEqual([OVER_FIELDS, ...aDate('from'), ...aDate('to')])
  })

  it('is refused with a field that is not a Zod 4 schema', () => {
    for (const rule of [zod3.string(), undefined, null, 'text']) {
      expect(fieldProblems(rule)).toEqual(['profile.schema.field is not a Zod 4 schema.'])
    }
  })

  it('is refused with a field that JSON cannot hold, and the reason names a replacement', () => {
    expect(fieldProblems(z.date())).toEqual(aDate())
    expect(fieldProblems(z.coerce.date())).toEqual(aDate())
    expect(fieldProblems(z.bigint())).toEqual(returns('a bigint', 'z.int(), or z.string() for longer numbers'))
    expect(fieldProblems(z.coerce.bigint())).toEqual(fieldProblems(z.bigint()))
    expect(fieldProblems(z.literal(['a', 1n]))).toEqual(fieldProblems(z.bigint()))
    expect(fieldProblems(z.map(z.string(), z.string()))).toEqual(returns('a Map', 'z.record()'))
    expect(fieldProblems(z.set(z.string()))).toEqual(returns('a Set', 'z.array()'))
    expect(fieldProblems(z.symbol())).toEqual(returns('a symbol', 'z.enum()'))
    expect(fieldProblems(z.nan())).toEqual(returns('NaN', 'z.number()'))
    expect(fieldProblems(z.file())).toEqual(returns('a File', 'z.url() for where you store the file'))
    expect(fieldProblems(z.function())).toEqual(returns('a function', 'z.json()'))
    expect(fieldProblems(z.instanceof(URL))).toEqual(returns('an instance of a class', 'z.object()'))
  })

  it('is refused for the output of a field inside every wrapper and container', () => {
    const date = z.coerce.date()
    const wrapped = [
      date.optional(),
      date.nullable(),
      date.nullish().readonly(),
      date.default(new Date(0)),
      date.prefault(new Date(0)),
      date.catch(new Date(0)),
      date.optional().nonoptional(),
      date.brand('born'),
      date.min(new Date(0)).refine(() => true),
      z.promise(date),
      z.iso.datetime().pipe(z.coerce.date<string>()),
      z.preprocess(String, date),
      z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (at) => at.toISOString() }),
      z.lazy(() => date),
      z.array(date),
      z.tuple([z.string(), date]),
      z.tuple([z.string()], date),
      z.record(z.string(), date),
      z.union([z.string(), date]),
      z.looseObject({}).catchall(date),
    ]
    for (const rule of wrapped) expect(fieldProblems(rule), rule.type).toEqual(aDate())
    expect(fieldProblems(z.object({ visits: z.array(z.object({ at: date })) }))).toEqual(aDate('field.visits.at'))
    expect(fieldProblems(z.intersection(z.object({ a: z.int() }), z.object({ at: date })))).toEqual(aDate('field.at'))
    const kinds = [z.object({ kind: z.literal('a'), at: date }), z.object({ kind: z.literal('b') })] as const
    expect(fieldProblems(z.discriminatedUnion('kind', kinds))).toEqual(aDate('field.at'))
  })

  it('can have fields that are JSON, become JSON, or have an unknown output', () => {
    const fields = [
      z.string().trim().email(),
      z.iso.date(),
      z.int().optional(),
      z.coerce.number(),
      z.stringbool(),
      z.enum(['a', 'b']),
      z.literal(['a', 1, true, null]),
      z.templateLiteral(['+', z.int()]),
      z.array(z.url()).max(6).default([]),
      z.object({ street: z.string() }).nullable(),
      z.record(z.string(), z.boolean()),
      z.json(),
      z.any(),
      z.unknown(),
      z.never().optional(),
      z.custom<`#${string}`>((value) => typeof value === 'string' && value.startsWith('#')),
      z.success(z.date()),
      z.coerce.date().transform((date) => date.toISOString()),
      mini.string(),
    ]
    for (const rule of fields) expect(fieldProblems(rule), rule._zod.def.type).toEqual([])
  })

  it('can refer to itself, and is still checked completely', () => {
    const tree: z.ZodType = z.object({ at: z.date(), branches: z.array(z.lazy(() => tree)) })
    expect(fieldProblems(tree)).toEqual(aDate('field.at'))
    const comment = z.object({
      text: z.string(),
      get replies() {
        return z.array(comment).optional()
      },
    })
    expect(fieldProblems(comment)).toEqual([])
    const endless = (): z.ZodType => z.object({ left: z.lazy(endless), right: z.lazy(endless) })
    expect(fieldProblems(endless())).toEqual([])
  })
})
