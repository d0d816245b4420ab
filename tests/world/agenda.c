/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binary heap behind a world's future. Grows as needed and is reused from seed to seed.
 */
#include "tests/world/agenda.h"

#include <assert.h>
#include <stdlib.h>

static bool earlier(const struct happening *a, const struct happening *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void agenda_open(struct agenda *agenda)
{
	*agenda = (struct agenda){.size = 1024};
	agenda->items = malloc(agenda->size * sizeof *agenda->items);
	assert(agenda->items != NULL);
}

void agenda_close(struct agenda *agenda)
{
	free(agenda->items);
	*agenda = (struct agenda){0};
}

void agenda_add(struct agenda *agenda, const struct happening *item)
{
	if (agenda->count == agenda->size) {
		agenda->size *= 2;
		agenda->items = realloc(agenda->items, agenda->size * sizeof *agenda->items);
		assert(agenda->items != NULL);
	}
	struct happening entry = *item;
	entry.order = agenda->next_order++;
	size_t hole = agenda->count++;
	while (hole > 0) {
		size_t parent = (hole - 1) / 2;
		if (!earlier(&entry, &agenda->items[parent]))
			break;
		agenda->items[hole] = agenda->items[parent];
		hole = parent;
	}
	agenda->items[hole] = entry;
}

bool agenda_take(struct agenda *agenda, struct happening *item)
{
	if (agenda->count == 0)
		return false;
	*item = agenda->items[0];
	struct happening *last = &agenda->items[--agenda->count];
	size_t hole = 0;
	for (;;) {
		size_t child = hole * 2 + 1;
		if (child >= agenda->count)
			break;
		if (child + 1 < agenda->count &&
		    earlier(&agenda->items[child + 1], &agenda->items[child]))
			child++;
		if (!earlier(&agenda->items[child], last))
			break;
		agenda->items[hole] = agenda->items[child];
		hole = child;
	}
	agenda->items[hole] = *last;
	return true;
}

int64_t agenda_next(const struct agenda *agenda)
{
	return agenda->count == 0 ? INT64_MAX : agenda->items[0].at;
}
