structure AssetCommonDetailsFormType {
  @documentation("What the source calls the asset")
  sourceIdentifier: String
  @amazon.datazone#searchable
  summary: String
  @amazon.datazone#searchable
  readMe: String
  customProperties: CustomProperties
}

map CustomProperties {
  key: String
  value: String
}
