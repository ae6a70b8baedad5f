structure SubscriptionTermsFormType {
  approvalRequired: Document
  termsAndConditions: String
}
