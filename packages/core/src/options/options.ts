import type { HardenedCodes } from '../challenge/code-format.ts'
import type { AccessTokenKeySet } from '../keys/key-set.ts'
import type { CodeService } from '../ports/code-service.ts'
import type { JointSteps, Stores } from '../ports/joint-steps.ts'
import type { SmsSender } from '../ports/sms-sender.ts'
import type { Registration } from '../ports/user-store.ts'
import type { DefaultProfile, ProfileDefinition } from '../profile/profile.ts'
import type { Duration } from '../time/duration.ts'
import type { EventListener } from './events.ts'
import type { HookOptions } from './hooks.ts'

/** How many in each window: `{ "1h": 5, "24h": 10 }`. A longer window must not admit fewer than a shorter one. */
export type Rates = { readonly [window: Duration]: number }

/** The one-time codes. */
export interface CodeOptions {
  /**
   * Digits of a code, 6 to 10. Fewer are refused: 6 give the 20 bits that OWASP ASVS 5 section 6.5.4 asks for.
   * @defaultValue 6
   */
  readonly length?: number
  /**
   * How long a code lives. At most 10 minutes (NIST SP 800-63B-4 section 3.1.3.2).
   * @defaultValue "10m"
   */
  readonly ttl?: Duration
  /**
   * Wrong codes a challenge survives, plus one: how many comparisons it allows over all callers, at most 10.
   * @defaultValue 5
   */
  readonly maxAttempts?: number
  /**
   * How many of the attempts those may use who know only the number. Less than `maxAttempts`.
   * @defaultValue 3
   */
  readonly maxAttemptsByNumber?: number
  /**
   * Messages for one challenge, the first one included.
   * @defaultValue 3
   */
  readonly maxSends?: number
  /**
   * `repeat`: a resend repeats the code, so that a late first message still works. `rotate`: it brings a new one that kills the old.
   * @defaultValue "repeat"
   */
  readonly resend?: 'repeat' | 'rotate'
  /**
   * What the longer codes of a number whose guesses are used up are made of: `alphanumeric`,
   * `XXXX-XXXX-XXXXX`, or `digits`, 20 of them in groups of four, where operators deliver nothing
   * else. `auto`: digits for numbers of India, whose operators take digits only, and letters for
   * all others.
   * @defaultValue "auto"
   */
  readonly hardened?: HardenedCodes
}

/**
 * The limits, kept in the store and so shared by all processes. Where they are full, `start` and `resend` are refused; a live
 * challenge can always be verified. "Network" is an IPv4 /24 or an IPv6 /48, "address" an IPv4 address or an IPv6 /64.
 */
export interface LimitOptions {
  /**
   * The waits between messages to one number that go unanswered; signing in starts them anew.
   * @defaultValue `["30s", "60s", "120s", "300s"]`
   */
  readonly cooldown?: readonly Duration[]
  /**
   * Messages to one number.
   * @defaultValue `{ "15m": 3, "1h": 5, "24h": 10 }`
   */
  readonly sendsPerNumber?: Rates
  /**
   * Messages to one number asked for from one network, so that no single source can use up a number's messages.
   * @defaultValue `{ "1h": 3, "24h": 5 }`
   */
  readonly sendsPerNumberAndNetwork?: Rates
  /**
   * Challenges of one number that can be started within the life of a code. None is ever evicted for a new one.
   * @defaultValue 5
   */
  readonly liveChallenges?: number
  /**
   * Guesses at the codes of one number, reserved when a challenge starts. When they are used up the number is not locked: its next
   * codes have 65 bits. At most 100 in some window of 30 days or more (NIST SP 800-63B-4 section 3.2.2).
   * @defaultValue `{ "1h": 15, "24h": 30, "30d": 100 }`
   */
  readonly guessesPerNumber?: Rates
  /**
   * Starts and resends from one address.
   * @defaultValue `{ "1h": 150 }`
   */
  readonly startsPerAddress?: Rates
  /**
   * Starts and resends from one network.
   * @defaultValue `{ "1h": 600 }`
   */
  readonly startsPerNetwork?: Rates
  /**
   * Starts and resends from all callers together whose address is unknown.
   * @defaultValue `{ "1h": 60 }`
   */
  readonly startsFromUnknown?: Rates
  /**
   * Wrong codes from one address.
   * @defaultValue `{ "10m": 30, "1h": 60 }`
   */
  readonly failuresPerAddress?: Rates
  /**
   * Wrong codes from one network.
   * @defaultValue `{ "1h": 200 }`
   */
  readonly failuresPerNetwork?: Rates
}

/** The access tokens. */
export interface AccessTokenOptions {
  /**
   * How long an access token is valid. At most 60 minutes.
   * @defaultValue "30m"
   */
  readonly ttl?: Duration
  /**
   * The clock difference between servers that is forgiven. At most 60 seconds.
   * @defaultValue "5s"
   */
  readonly clockTolerance?: Duration
  /**
   * The `iss` claim: who makes the tokens.
   * @defaultValue "phone-auth"
   */
  readonly issuer?: string
  /**
   * The `aud` and `client_id` claims: whom the tokens are for.
   * @defaultValue "phone-auth"
   */
  readonly audience?: string
  /**
   * Keys of their own, so that others can verify access tokens who must not make any ({@link PhoneAuth.jwks}). Make them with
   * {@link generateKeySet}. Beside them nothing is signed or accepted under HS256 any more (RFC 8725 section 3.1).
   * @defaultValue none: tokens are signed with HS256, by a key drawn from `secret`
   */
  readonly keys?: AccessTokenKeySet
}

/** The sessions. */
export interface SessionOptions {
  /**
   * How long a session lives without being refreshed.
   * @defaultValue "14d"
   */
  readonly idle?: Duration
  /**
   * How long a session lives whatever happens (NIST SP 800-63B-4 section 2.1.3 asks for at most 30 days).
   * @defaultValue "30d"
   */
  readonly absolute?: Duration
  /**
   * How long an exchanged refresh token may be presented once more, as two tabs do, without ending the session. At most 30 seconds.
   * A deviation from RFC 9700 section 4.14.2: within the window both get the same successor.
   * @defaultValue "10s"
   */
  readonly reuseWindow?: Duration
  /**
   * For how long having seen that a session stands spares `authenticate` asking the store, at most 5 minutes. Sessions that end in this process
   * are refused at once all the same; those that another process ends, that much later.
   * @defaultValue "0s"
   */
  readonly cacheAge?: Duration
  /**
   * How many sessions a user can have at once, 1 to 1000. A further sign-in ends those that were refreshed least lately.
   * @defaultValue no limit
   */
  readonly max?: number
  /**
   * How old the proof of possession may be for what is delicate: changing the number, deleting the account, and `requireFresh` unless told
   * otherwise.
   * @defaultValue "10m"
   */
  readonly fresh?: Duration
}

/** The texts of the code messages. */
export interface MessageOptions {
  /**
   * The languages on offer (BCP 47), the default first; `start` chooses among them. Bundled are en, hi, es, pt, fr, de, ar, id, zh and ja.
   * @defaultValue `["en"]`; with a code service, its own choice
   */
  readonly locales?: readonly string[]
  /**
   * Texts of your own, by language, in place of the bundled ones: `{code}` once, and if you like `{application}` and `{minutes}`. Each must
   * fit into one SMS together with the line of `host`.
   */
  readonly templates?: Readonly<Record<string, string>>
  /** The 11 characters by which Android's SMS Retriever knows your app: it then reads the code without being asked for a permission. */
  readonly androidAppHash?: string
}

/** Numbers with fixed codes, for tests of your own and for the reviewers of app stores. */
export interface TestNumberOptions {
  /** The code of each number, in E.164. Only numbers that no carrier assigns: those that regulators keep for fiction. */
  readonly codes: Readonly<Record<string, string>>
  /** From then on the numbers are ordinary ones. */
  readonly until: Date
}

/** What a {@link PhoneAuth} is made of. */
export interface PhoneAuthOptions<Profile extends object = DefaultProfile> extends Stores, HookOptions<Profile> {
  /** The steps over more than one store, given by stores that share a database. Ignored when one of the three stores is replaced. */
  readonly jointSteps?: JointSteps
  /** Sends the messages. Required, unless there is a `codeService`. */
  readonly smsSender?: SmsSender | undefined
  /** Makes, sends and checks the codes in place of a sender. */
  readonly codeService?: CodeService | undefined
  /**
   * How long a start, a resend or a code service's check waits for the provider, 1 to 10 seconds. A message that is not accepted by then counts
   * as one that may have been sent.
   * @defaultValue "10s"
   */
  readonly sendTimeout?: Duration
  /**
   * The secret from which every key is drawn: at least 32 bytes of randomness. To rotate it without downtime, a list: the current one
   * first, then those that codes and tokens made before are still verified with. A rotation starts the budgets of numbers anew, because
   * they are kept under pseudonyms that the secret makes.
   */
  readonly secret: string | readonly string[]
  /**
   * ISO 3166 regions whose numbers are accepted, such as `["IN", "US"]`. There is no default and no "all": every region is a
   * region whose SMS somebody can make you pay for.
   */
  readonly allowedRegions: readonly string[]
  /** The region in which numbers without a country code are read. Without it they are refused. */
  readonly defaultRegion?: string
  /**
   * `open`: verifying an unknown number creates its user. `closed`: an unknown number gets the same answers, but no message, and no
   * code ever matches.
   * @defaultValue "open"
   */
  readonly registration?: Registration
  /**
   * Refuses calls that name a challenge by its phone number alone. Turn it on when every client sends the challenge id.
   * @defaultValue false
   */
  readonly requireChallengeId?: boolean
  /**
   * The name by which messages call the application.
   * @defaultValue "Phone Auth"
   */
  readonly applicationName?: string
  /** The host of the page that codes are typed into, such as `app.example.com`: phones then offer the code there and nowhere else. */
  readonly host?: string
  /** The languages and texts of the messages. */
  readonly messages?: MessageOptions
  /** Numbers that get a fixed code and no message. Refused with a sender that really sends, unless named unsafe. */
  readonly testNumbers?: TestNumberOptions | undefined
  readonly code?: CodeOptions
  readonly limits?: LimitOptions
  readonly accessToken?: AccessTokenOptions
  readonly session?: SessionOptions
  /**
   * The application's profile.
   * @defaultValue {@link defaultProfile}
   */
  readonly profile?: ProfileDefinition<Profile>
  /**
   * After how long without a sign-in the next one counts as dormant, because the number may have been given to somebody else: it is told by an
   * event, by the result and to `beforeSignIn`. Longer than a session lives, or who stays signed in comes back as dormant.
   * @defaultValue "90d"
   */
  readonly dormantAfter?: Duration
  /** Hears of everything that happens. */
  readonly onEvent?: EventListener
  /**
   * The clock by which access tokens expire and events are dated. Everything else goes by the time of the stores.
   * @defaultValue the system's clock
   */
  readonly now?: () => Date
  /**
   * Whether to hold back what must not serve in production.
   * @defaultValue `"production"` where `NODE_ENV` says so, else `"development"`
   */
  readonly environment?: 'production' | 'development'
  /**
   * Allows development stores and senders in production, and test numbers there and beside a sender that really sends. The name says what
   * it is.
   * @defaultValue false
   */
  readonly unsafeAllowDevelopmentParts?: boolean
  /** Called by {@link PhoneAuth.close} when the last message is on its way: closes what the stores hold open. */
  readonly close?: () => Promise<void>
}
