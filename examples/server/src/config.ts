import { z } from 'zod'

/** The environment variables of the server. */
const environment = z.object({
  PORT: wholeNumber(0, 65_535).default(8000),
  DATABASE_URL: z
    .string()
    .regex(
      /^\s*(sqlite3?|postgres(ql)?):/i,
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
      'must have at least 32 bytes; create one with `openssl rand -base64 48`',
    )
    .optional(),
  JWT_ACCESS_TOKEN_EXPIRE_MINUTES: wholeNumber(1, 60).default(30),
  TWILIO_ACCOUNT_SID: sid('AC').optional(),
  TWILIO_AUTH_TOKEN: z.string().optional(),
  TWILIO_PHONE_NUMBER: z
    .string()
    .regex(/^\+[1-9][0-9]{6,14}$/, 'must be a number in E.164, such as +14155550123')
    .optional(),
  TWILIO_MESSAGING_SERVICE_SID: sid('MG').optional(),
  TWILIO_VERIFY_SID: sid('VA').optional(),
  TWILIO_TEST_MODE: z
    .string()
    .transform((text) => text.trim().toLowerCase())
    .pipe(z.enum(['true', 'false'], 'must be true or false'))
    .default('false'),
  TWILIO_API_URL: httpUrl().optional(),
  PUBLIC_URL: httpUrl().optional(),
})

function sid(kind: string) {
  return z.string().regex(new RegExp(`^${kind}[0-9a-fA-F]{32}$`), `must be ${kind} and 32 hexadecimal digits`)
}

function httpUrl() {
  return z.url({ protocol: /^https?$/, error: 'must be an http(s) URL, such as https://api.example.com' })
}

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
  /** A URL that begins with `sqlite:` or `postgresql:`. The latter contains a password. */
  readonly databaseUrl: string
  readonly regions: readonly string[]
  /** Undefined if `JWT_SECRET_KEY` is not set. */
  readonly secret: string | undefined
  readonly accessTokenMinutes: number
  readonly twilio: TwilioConfig
  /** The variables that are set and have no effect, each with what to use instead. */
  readonly ignored: readonly string[]
}

/** The variables for Twilio; each is undefined if it is not set. */
export interface TwilioConfig {
  readonly accountSid: string | undefined
  readonly authToken: string | undefined
  readonly from: string | undefined
  readonly messagingServiceSid: string | undefined
  readonly verifySid: string | undefined
  /** Codes are printed and nothing is sent, regardless of the other variables. */
  readonly isTestMode: boolean
  /** The URL of a server to use instead of Twilio's. */
  readonly apiUrl: string | undefined
  /** The public URL of this server, where Twilio sends receipts of messages. */
  readonly publicUrl: string | undefined
}

/** Thrown when the environment is invalid. The message says what each variable must be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Variables of similar servers that this one does not read, and what to use instead. */
const IGNORED: Readonly<Record<string, string>> = {
  SECRET_KEY: 'use JWT_SECRET_KEY',
  DB_NAME: 'use DATABASE_URL',
  DB_USER: 'use DATABASE_URL',
  DB_PASSWORD: 'use DATABASE_URL',
  DB_HOST: 'use DATABASE_URL',
  DB_PORT: 'use DATABASE_URL',
  TWILIO_VERIFY_SECRET: 'use TWILIO_AUTH_TOKEN',
  JWT_ALGORITHM: 'tokens are signed with HS256',
  ALLOWED_HOSTS: 'every host is answered',
  CORS_ALLOWED_ORIGINS: 'pages of other origins are refused',
  TZ_DISPLAY: 'times are in UTC',
  DJANGO_SETTINGS_MODULE: 'not needed',
  DEBUG: 'not needed',
}

/**
 * Reads the configuration. An empty variable counts as not set. In test mode the other variables
 * for Twilio are not looked at, because they may still be placeholders.
 */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.entries(variables).filter(([, value]) => value !== undefined && value !== '')
  const isTestMode = /^ *true *$/i.test(variables.TWILIO_TEST_MODE ?? '')
  const isLookedAt = (name: string) => !isTestMode || name === 'TWILIO_TEST_MODE' || !name.startsWith('TWILIO_')
  const { success, data, error } = environment.safeParse(Object.fromEntries(given.filter(([name]) => isLookedAt(name))))
  if (!success) {
    const lines = error.issues.map((issue) => `- ${issue.path.join('.')}: ${issue.message}`)
    throw new ConfigError(`Invalid environment variables:\n${lines.join('\n')}`)
  }
  return {
    port: data.PORT,
    databaseUrl: data.DATABASE_URL,
    regions: data.PHONE_AUTH_REGIONS.split(',').map((region) => region.trim()),
    secret: data.JWT_SECRET_KEY,
    accessTokenMinutes: data.JWT_ACCESS_TOKEN_EXPIRE_MINUTES,
    twilio: {
      accountSid: data.TWILIO_ACCOUNT_SID,
      authToken: data.TWILIO_AUTH_TOKEN,
      from: data.TWILIO_PHONE_NUMBER,
      messagingServiceSid: data.TWILIO_MESSAGING_SERVICE_SID,
      verifySid: data.TWILIO_VERIFY_SID,
      isTestMode,
      apiUrl: data.TWILIO_API_URL,
      publicUrl: data.PUBLIC_URL,
    },
    ignored: given.flatMap(([name]) => (Object.hasOwn(IGNORED, name) ? `${name} (${IGNORED[name]})` : [])),
  }
}
