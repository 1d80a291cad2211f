package assistants_test

import (
	"errors"
	"syscall"
	"testing"

	"posthog-org-mcp/assistants"
)

func TestAFileThatAnotherProgramHoldsIsAFaultThatPasses(t *testing.T) {
	machine, client := linux(t), named(t, "cursor")
	path, err := syscall.UTF16PtrFromString(place(t, machine, client, []byte("{}")))
	if err != nil {
		t.Fatal(err)
	}
	held, err := syscall.CreateFile(path, syscall.GENERIC_READ, 0, nil, syscall.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Install(machine, server())
	var fault *assistants.Fault
	if !errors.As(err, &fault) || fault.What != "is held by another program." {
		t.Errorf("%v", err)
	}
	if err := syscall.CloseHandle(held); err != nil {
		t.Fatal(err)
	}
	install(t, machine, client, server())
}
