structure SageMakerModelPackageGroupFormType {
  @required
  @amazon.datazone#searchable
  modelPackageGroupName: String
  modelPackageGroupArn: String
  modelPackageGroupDescription: String
  modelPackageGroupStatus: String
  creationTime: String
}
