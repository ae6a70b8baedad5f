structure SageMakerFeatureGroupFormType {
  @required
  @amazon.datazone#searchable
  featureGroupName: String
  featureGroupArn: String
  recordIdentifierFeatureName: String
  eventTimeFeatureName: String
  offlineStoreStatus: String
  creationTime: String
  lastModifiedTime: String
  featureDefinitions: FeatureDefinitions
}

list FeatureDefinitions {
  member: FeatureDefinition
}

structure FeatureDefinition {
  @required
  featureName: String
  featureType: String
  collectionType: String
  collectionConfig: Document
}
