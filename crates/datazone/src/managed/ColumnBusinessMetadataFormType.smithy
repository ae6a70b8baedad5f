structure ColumnBusinessMetadataFormType {
  columnsBusinessMetadata: ColumnsBusinessMetadata
}

list ColumnsBusinessMetadata {
  member: ColumnBusinessMetadata
}

structure ColumnBusinessMetadata {
  @required
  columnIdentifier: String
  @documentation("The business name")
  name: String
  description: String
  @documentation("Ids of glossary terms")
  glossaryTerms: ColumnGlossaryTerms
  customProperties: CustomProperties
}

list ColumnGlossaryTerms {
  member: String
}

map CustomProperties {
  key: String
  value: String
}
