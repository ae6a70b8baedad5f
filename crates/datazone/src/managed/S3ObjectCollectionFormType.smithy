structure S3ObjectCollectionFormType {
  @required
  bucketArn: String
  accountId: String
  region: String
}
