import { forgettingSteps, forgettingStore } from '../cache/forgetting.ts'
import { LiveSessions } from '../cache/live-sessions.ts'
import { VerifiedTokens } from '../cache/verified-tokens.ts'
import { type AccessTokenSigner, signerOfKeySet, signerOfSecrets } from '../keys/access-token-signer.ts'
import { deriveKeyRing, type KeyRing } from '../keys/secret-keys.ts'
import type { DeliveryOptions } from '../options/delivery.ts'
import type { NumberFacts, PhoneAuthEvent } from '../options/events.ts'
import type { PhoneAuthOptions } from '../options/options.ts'
import { fingerprint } from '../phone-number/fingerprint.ts'
import { maskPhoneNumber, type PhoneNumber } from '../phone-number/phone-number.ts'
import type { CodeService } from '../ports/code-service.ts'
import type { JointSteps, Stores } from '../ports/joint-steps.ts'
import type { SmsSender } from '../ports/sms-sender.ts'
import { defaultProfileSchema, type ProfileDefinition, type ProfileOf, type ProfileSchema } from '../profile/profile.ts'
import { resolveSettings, type Settings } from '../settings/settings.ts'
import { composeJointSteps } from '../stores/compose-joint-steps.ts'
import { CallsUnderWay, guarded } from '../stores/guarded.ts'
import { emit, type WithoutNumber, type WithoutTime } from './emit.ts'
import { type Hooks, safeHooks, safeProfile } from './hooks.ts'
import { type Warning, warnings } from './warnings.ts'

/**
 * The provider. Exactly one is set, because either this library or the service creates the codes.
 */
type Provider =
  | { readonly smsSender: SmsSender; readonly codeService: null }
  | { readonly smsSender: null; readonly codeService: CodeService }

/** The settings, the ports and the keys that every use case needs. */
export interface Context {
  readonly settings: Settings
  readonly stores: Stores
  readonly jointSteps: JointSteps
  /** Resolves if the database of the stores can do what they need. */
  readonly pingStores: () => Promise<void>
  readonly provider: Provider
  readonly keyRing: () => Promise<KeyRing>
  readonly accessTokenSigner: () => Promise<AccessTokenSigner>
  readonly verifiedTokens: VerifiedTokens
  readonly liveSessions: LiveSessions
  readonly now: () => Date
  /** Whether an `onEvent` listener is set. */
  readonly hasListener: boolean
  readonly emit: (event: WithoutTime<PhoneAuthEvent>) => void
  /** Reports a fault of the configuration, once. */
  readonly warn: (about: Warning['about'], explanation: string) => void
  /** Lets `work` continue after the answer of the call that started it. */
  readonly inBackground: (work: Promise<unknown>) => void
  /** Makes `close` wait for `work`. */
  readonly closeAfter: (work: Promise<unknown>) => Promise<unknown>
  /** Calls `stop` when the context closes, or when the returned function is called. */
  readonly untilClosed: (stop: () => void) => () => void
  /** Waits for the work in the background and every call of a store, then closes the stores. */
  readonly close: () => Promise<void>
}

/** The context of use cases that read or write profiles. */
export interface ProfileContext<Profile extends object> extends Context {
  readonly profile: ProfileDefinition<ProfileSchema<Profile>>
  readonly hooks: Hooks<Profile>
}

/**
 * Creates the context.
 *
 * @throws {@link InvalidOptionsError} if the options are invalid.
 */
export function createContext<Schema extends ProfileSchema>(
  options: PhoneAuthOptions<Schema>,
): ProfileContext<ProfileOf<Schema>> {
  const settings = resolveSettings(options)
  const calls = new CallsUnderWay()
  const liveSessions = new LiveSessions(settings.session.cacheAgeSeconds)
  const stores: Stores = {
    otpStore: guarded(options.otpStore, calls),
    userStore: guarded(options.userStore, calls),
    sessionStore: forgettingStore(guarded(options.sessionStore, calls), liveSessions),
  }
  const jointSteps =
    options.jointSteps !== undefined && worksOn(options.jointSteps, options)
      ? forgettingSteps(guarded(options.jointSteps, calls), liveSessions)
      : composeJointSteps(stores)
  const { ping } = guarded({ ping: options.ping ?? (async () => undefined) }, calls)
  const background = new Set<Promise<unknown>>()
  const closeAfter = (work: Promise<unknown>) => {
    const tracked = work.catch(() => undefined).finally(() => background.delete(tracked))
    background.add(tracked)
    return tracked
  }
  const stops = new Set<() => void>()
  const now = options.now ?? (() => new Date())
  const report: Context['emit'] = (event) => emit(options.onEvent, { ...event, at: now() } as PhoneAuthEvent)
  const onHookFailure: Parameters<typeof safeHooks>[1] = (hook, reason) => report({ type: 'hook_failed', hook, reason })
  let keys: Promise<{ ring: KeyRing; accessToken: AccessTokenSigner }> | undefined
  // All keys at once: an invalid key fails the first call, before any code is used up.
  const allKeys = () => {
    keys ??= createKeys(settings)
    return keys
  }
  const warn = warnings(report)
  // Later, so that a listener can use what the constructor's caller does with its result.
  if (settings.doubtfulParts.length > 0) queueMicrotask(() => warn('environment', doubt(settings.doubtfulParts)))
  return {
    settings,
    stores,
    jointSteps,
    pingStores: ping,
    provider: providerOf(options),
    profile: safeProfile(profileDefinition(options), onHookFailure) as ProfileDefinition<
      ProfileSchema<ProfileOf<Schema>>
    >,
    keyRing: async () => (await allKeys()).ring,
    accessTokenSigner: async () => (await allKeys()).accessToken,
    verifiedTokens: new VerifiedTokens(settings.accessToken.clockToleranceSeconds),
    liveSessions,
    hooks: safeHooks(options, onHookFailure),
    now,
    hasListener: options.onEvent !== undefined,
    emit: report,
    warn,
    inBackground: (work) => {
      const tracked = closeAfter(work)
      try {
        options.waitUntil?.(tracked)
      } catch {
        report({ type: 'hook_failed', hook: 'waitUntil', reason: 'threw' })
      }
    },
    closeAfter,
    untilClosed: (stop) => {
      stops.add(stop)
      return () => {
        stop()
        stops.delete(stop)
      }
    },
    close: async () => {
      for (const stop of stops) stop()
      // Work in the background may start more of it.
      while (background.size > 0) await Promise.all(background)
      await calls.settled()
      await options.close?.()
    },
  }
}

function doubt(parts: Settings['doubtfulParts']): string {
  const list = parts.map(({ name, reason }) => `\n- ${name}: ${reason}`).join('')
  return `NODE_ENV is not set, so parts are accepted that must not be used in production. Set NODE_ENV=production there, and NODE_ENV=development elsewhere, or the option environment:${list}`
}

/** Returns the definition of profiles as the application wrote it, or the default one. */
export function profileDefinition<Schema extends ProfileSchema>({
  profile,
}: Pick<PhoneAuthOptions<Schema>, 'profile'>): ProfileDefinition<Schema> {
  // Without `profile` in the options, the schema is `defaultProfileSchema`.
  return profile ?? ({ schema: defaultProfileSchema } as unknown as ProfileDefinition<Schema>)
}

/** Emits an event about a number. Without a listener, it does not compute the fingerprint. */
export async function emitAbout(
  context: Context,
  phoneNumber: PhoneNumber,
  event: WithoutTime<WithoutNumber<PhoneAuthEvent>>,
): Promise<void> {
  if (!context.hasListener) return
  const facts: NumberFacts = {
    phoneNumberMasked: maskPhoneNumber(phoneNumber),
    phoneNumberFingerprint: await fingerprint(await context.keyRing(), phoneNumber),
  }
  context.emit({ ...event, ...facts } as WithoutTime<PhoneAuthEvent>)
}

async function createKeys({ secrets, keySet }: Settings): Promise<{ ring: KeyRing; accessToken: AccessTokenSigner }> {
  const ring = await deriveKeyRing(secrets)
  return { ring, accessToken: keySet === null ? signerOfSecrets(ring) : await signerOfKeySet(keySet) }
}

function providerOf({ smsSender, codeService }: DeliveryOptions): Provider {
  if (codeService !== undefined) return { smsSender: null, codeService }
  // The settings are refused if both are missing.
  return { smsSender: smsSender as SmsSender, codeService: null }
}

function worksOn({ over }: JointSteps, stores: Stores): boolean {
  return (
    over.otpStore === stores.otpStore &&
    over.userStore === stores.userStore &&
    over.sessionStore === stores.sessionStore
  )
}
