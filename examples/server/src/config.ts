import { z } from 'zod'

/** What the environment can say, checked once at start. */
const environment = z.object({
  PORT: wholeNumber(0, 65_535).default(8000),
  DATABASE_URL: z
    .string()
    .regex(
      /^(sqlite:(?!:memory:).+|postgres(ql)?:\/\/.+)$/,
      'must be sqlite:<file>, such as sqlite:./data/phone-auth.db, or postgresql://<user>:<password>@<host>/<database>',
    )
    .default('sqlite:./data/phone-auth.db'),
  PHONE_AUTH_REGIONS: z
    .string()
    .regex(/^ *[A-Z]{2} *(, *[A-Z]{2} *)*$/, 'must be ISO 3166 regions separated by commas, such as IN,US,GB')
    .default('IN,US,GB'),
  JWT_SECRET_KEY: z
    .string()
    .refine(
      (secret) => Buffer.byteLength(secret) >= 32,
      'must have at least 32 bytes; make one with `openssl rand -base64 48`',
    )
    .optional(),
  JWT_ACCESS_TOKEN_EXPIRE_MINUTES: wholeNumber(1, 60).default(30),
})

function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^[0-9]{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
}

/** The server's configuration. */
export interface Config {
  readonly port: number
  /** `sqlite:<file>` or `postgresql://…`, which holds a password. */
  readonly databaseUrl: string
  readonly regions: readonly string[]
  /** Undefined where the environment names none. */
  readonly secret: string | undefined
  readonly accessTokenMinutes: number
}

/** Thrown when the environment cannot serve; the message names each variable and what it must be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Reads the configuration. An empty variable counts as one that is not set. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const { success, data, error } = environment.safeParse(set)
  if (!success) {
    const lines = error.issues.map((issue) => `- ${issue.path.join('.')}: ${issue.message}`)
    throw new ConfigError(`The environment cannot serve:\n${lines.join('\n')}`)
  }
  return {
    port: data.PORT,
    databaseUrl: data.DATABASE_URL,
    regions: data.PHONE_AUTH_REGIONS.split(',').map((region) => region.trim()),
    secret: data.JWT_SECRET_KEY,
    accessTokenMinutes: data.JWT_ACCESS_TOKEN_EXPIRE_MINUTES,
  }
}
