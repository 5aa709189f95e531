import type { DefaultProfileSchema, ProfileDefinition, ProfileOf, ProfileSchema } from '../profile/profile.ts'
import type { DeliveryOptions } from './delivery.ts'
import type { HookOptions } from './hooks.ts'
import type { OperationOptions } from './operation.ts'
import type { PhoneNumberOptions } from './phone-numbers.ts'
import type { SignInOptions } from './sign-in.ts'
import type { StoreOptions } from './stores.ts'
import type { TokenOptions } from './tokens.ts'

/**
 * The options of {@link PhoneAuth}. The three stores, an `smsSender` or a `codeService`, the
 * `secret` and `allowedRegions` are required.
 */
export interface PhoneAuthOptions<Schema extends ProfileSchema = DefaultProfileSchema>
  extends StoreOptions,
    DeliveryOptions,
    PhoneNumberOptions,
    SignInOptions,
    TokenOptions,
    HookOptions<ProfileOf<Schema>>,
    OperationOptions {
  /**
   * The fields of your application's profiles, and when a profile is complete.
   * @defaultValue `{ schema: defaultProfileSchema }`
   */
  readonly profile?: ProfileDefinition<Schema>
}
