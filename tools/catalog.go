package tools

// journalFamily is the family of the tools that go by the journal.
const journalFamily = "journal"

// Catalog returns every tool, family by family.
func Catalog() []Tool {
	var catalog []Tool
	family := func(name string, members ...Tool) {
		for _, tool := range members {
			tool.Family = name
			catalog = append(catalog, tool)
		}
	}
	family("roles",
		rolesList.tool(),
		rolesGet.tool(),
		rolesCreate.tool(),
		rolesUpdate.tool(),
		rolesDelete.tool(),
	)
	family("memberships",
		membershipList.tool(),
		membershipGet.tool(),
		membershipAdd.tool(),
		membershipRemove.tool(),
	)
	family("references",
		externalReferenceList.tool(),
		externalReferenceCreate.tool(),
		externalReferenceDelete.tool(),
		externalReferenceLookup.tool(),
	)
	family("projects",
		projectSecretTokenRotate.tool(),
		projectsList.tool(),
	)
	family("welcome",
		welcomeCurrent.tool(),
	)
	family("organization",
		organizationsList.tool(),
		membersList.tool(),
		whoami.tool(),
	)
	family(journalFamily,
		journalList.tool(),
		undo.tool(),
	)
	return catalog
}
