package config

import (
	"context"
	"errors"
	"time"
)

// StateDirectory lets the rules of every system be tested on one.
func StateDirectory(system string, environment map[string]string) string {
	return stateDirectory(system, environment)
}

// ConfigDirectory does so too.
func ConfigDirectory(system string, environment map[string]string) string {
	return configDirectory(system, environment)
}

// ExpandHome does so too.
func ExpandHome(system string, environment map[string]string, path string) string {
	return expandHome(system, environment, path)
}

// PlainAdvice does so too.
func PlainAdvice(system string) string { return plainAdvice(system) }

// CommandKeyWithin lets tests wait less long than users do.
func CommandKeyWithin(ctx context.Context, line string, limit time.Duration) (string, error) {
	key, fault := commandKeyWithin(ctx, line, limit)
	if fault != nil {
		return "", errors.New(fault.what)
	}
	return key, nil
}
