import type { DefaultProfile, ProfileDefinition } from '../profile/profile.ts'
import type { DeliveryOptions } from './delivery.ts'
import type { HookOptions } from './hooks.ts'
import type { OperationOptions } from './operation.ts'
import type { PhoneNumberOptions } from './phone-numbers.ts'
import type { SignInOptions } from './sign-in.ts'
import type { StoreOptions } from './stores.ts'
import type { TokenOptions } from './tokens.ts'

/**
 * The options of a {@link PhoneAuth}. Required are the three stores, a `smsSender` or a `codeService`, the
 * `secret` and `allowedRegions`.
 */
export interface PhoneAuthOptions<Profile extends object = DefaultProfile>
  extends StoreOptions,
    DeliveryOptions,
    PhoneNumberOptions,
    SignInOptions,
    TokenOptions,
    HookOptions<Profile>,
    OperationOptions {
  /**
   * The application's profile.
   * @defaultValue {@link defaultProfile}
   */
  readonly profile?: ProfileDefinition<Profile>
}
