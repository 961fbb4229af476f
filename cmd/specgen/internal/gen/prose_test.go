package gen

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// shingle is how many words in a row make a sentence somebody's. Fewer occur by chance among facts.
const shingle = 8

// TestNoUpstreamProse compares what is written in generated comments, in the overlay's sentences and in the kept
// specifications with the published specification, and finds no run of words that is upstream's.
func TestNoUpstreamProse(t *testing.T) {
	published, _, err := readSource(t.Context(), "github.com/moby/moby/api@v1.56.1//docs/v1.41.yaml")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("the published specification cannot be had to compare with: %v", err)
	}
	theirs := map[string]bool{}
	eachShingle(wordsOf(string(published)), func(run string) { theirs[run] = true })
	if len(theirs) < 10_000 {
		t.Fatalf("only %d runs of words in the published specification", len(theirs))
	}
	root := filepath.Join("..", "..", "..", "..")
	compare := func(where, text string) {
		eachShingle(wordsOf(text), func(run string) {
			if theirs[run] {
				t.Errorf("%s: upstream's words: %q", where, run)
			}
		})
	}
	files := 0
	err = filepath.WalkDir(filepath.Join(root, "docker", "v141"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, group := range file.Comments {
			compare(path, group.Text())
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Fatal(files, err)
	}
	for path, before := range map[string]string{"overlay/docker.yaml": "reason:", "overlay/docs/docker.yaml": ""} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(data), "\n") { // a sentence of ours stands on one line
			if _, sentence, found := strings.Cut(line, before); found {
				compare(path, sentence)
			}
		}
	}
}

// wordsOf are the words of a text, without case and punctuation.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func eachShingle(words []string, visit func(run string)) {
	for i := 0; i+shingle <= len(words); i++ {
		visit(strings.Join(words[i:i+shingle], " "))
	}
}
