package tools

// Catalog returns every tool, family by family.
func Catalog() []Tool {
	return []Tool{
		rolesList.tool(),
		rolesGet.tool(),
		rolesCreate.tool(),
		rolesUpdate.tool(),
		rolesDelete.tool(),

		membershipList.tool(),
		membershipGet.tool(),
		membershipAdd.tool(),
		membershipRemove.tool(),

		externalReferenceList.tool(),
		externalReferenceCreate.tool(),
		externalReferenceDelete.tool(),
		externalReferenceLookup.tool(),

		projectSecretTokenRotate.tool(),
		projectsList.tool(),

		welcomeCurrent.tool(),

		organizationsList.tool(),
		membersList.tool(),
	}
}
