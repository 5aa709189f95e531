/** Which phone numbers are accepted. */
export interface PhoneNumberOptions {
  /**
   * The ISO 3166 regions to accept numbers from, such as `["IN", "US"]`. There is no default and no
   * "all", because an attacker can make you pay for SMS to every allowed region.
   */
  readonly allowedRegions: readonly string[]
  /**
   * The region to assume for numbers without a country code.
   * @defaultValue none: numbers without a country code are refused
   */
  readonly defaultRegion?: string
}
