package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// configFlag names the file that the others may stand in.
const configFlag = "config"

// maxConfigFile is far more than there is to say.
const maxConfigFile = 1 << 20

// fileValue is what a configuration file says for one flag, as it would be written behind the flag.
type fileValue struct {
	text  string
	place string // of it, such as trader.yaml:3
}

// readFile reads the configuration file, if one is named: YAML, one level deep, whose keys are the flags' names.
func (c *config) readFile() (err error) {
	if c.configFile == "" {
		return nil
	}
	text, err := readRegular(c.configFile, maxConfigFile)
	if err != nil {
		return usageError{fmt.Errorf("--config: %w", err)}
	}
	c.file, err = parseFile(c.configFile, text)
	return err
}

// readRegular reads a file, and no more of it than limit. A pipe that nobody writes to would hold up the start for ever, and
// no signal would end that.
func readRegular(name string, limit int64) (text []byte, err error) {
	there, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !there.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file that can be read to its end", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, limit))
}

func parseFile(name string, text []byte) (map[string]fileValue, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, more yaml.Node
	err := decoder.Decode(&document)
	switch {
	case errors.Is(err, io.EOF): // nothing but comments
		return nil, nil
	case err != nil:
		return nil, usagef("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	case !errors.Is(decoder.Decode(&more), io.EOF):
		return nil, usagef("%s: it has more than one document", name)
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, usagef("%s:%d: want lines such as interval: 5s", name, root.Line)
	}
	values := make(map[string]fileValue)
	for i := 0; i < len(root.Content); i += 2 {
		key, node := root.Content[i], root.Content[i+1]
		place := fmt.Sprintf("%s:%d", name, key.Line)
		if _, twice := values[key.Value]; twice {
			return nil, usagef("%s: %s is there twice", place, key.Value)
		}
		text, err := written(key.Value, node)
		if err != nil {
			return nil, usagef("%s: %s: %w", place, key.Value, err)
		}
		values[key.Value] = fileValue{text, place}
	}
	return values, nil
}

// written is a value as it would stand behind the flag.
func written(flagName string, node *yaml.Node) (string, error) {
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		return "", errors.New("it has no value")
	case node.Kind == yaml.ScalarNode:
		return node.Value, nil
	case node.Kind != yaml.SequenceNode:
		return "", errors.New("want a value or a list of values")
	}
	var items []string
	for _, item := range node.Content {
		if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
			return "", errors.New("want a list of plain values")
		}
		items = append(items, item.Value)
	}
	if flagName == "feed" {
		return strings.Join(items, " "), nil
	}
	return strings.Join(items, ","), nil
}

// checkFile refuses keys that mean nothing.
func (c *config) checkFile() error {
	for key, v := range c.file {
		switch {
		case key == configFlag:
			return usagef("%s: a file cannot name another one", v.place)
		case slices.Contains(c.settings, key):
		case isSecret(variable(key)) || key == "token" || strings.HasPrefix(key, "webhook"):
			return usagef("%s: %s: secrets do not stand in this file: set %s_FILE", v.place, key, variable(key))
		default:
			near := nearest(key, slices.Clone(c.settings))
			if near == "" {
				return usagef("%s: unknown key %s: --help lists those that there are", v.place, key)
			}
			return usagef("%s: unknown key %s: did you mean %s?", v.place, key, near)
		}
	}
	return nil
}
