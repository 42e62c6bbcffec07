"""Is a picture what its caption asked for?

The emoji: of all candidates drawn by the caption's recipe (background, colour and place as asked), the one asked for is
the nearest, by mean square of the difference of pictures made four times smaller, 32 x 32.
The colour: of the recipe in each of the colours, the one asked for has the nearest mean where it paints.
"""

import torch
import torch.nn.functional as F

import captions as c
import pictures


def small(images):  # [n, 3, side, side] uint8 -> [n, values]
    return F.avg_pool2d(images.float() / 255, 4).flatten(1)


def candidates(data, recipe):
    """Recipes with every emoji in the place of the first one."""
    emoji = [i for i, one in enumerate(data.description["emoji"]) if not one["skin"]]
    rows = torch.tensor(recipe).repeat(len(emoji), 1)
    rows[:, c.FIRST] = torch.tensor(emoji)
    if recipe[c.FIRST_COLOUR] >= 0:
        able = torch.zeros(len(data.description["emoji"]), dtype=torch.bool)
        able[data.description["recolourable"]] = True
        rows[~able[rows[:, c.FIRST]], c.FIRST_COLOUR] = -1
    return rows


def nearest_emoji(data, images, recipes):
    """Of each picture the emoji it shows."""
    found, cache = [], {}
    for image, recipe in zip(small(images), recipes):
        scene = tuple(recipe[c.SECOND :]) + (recipe[c.FIRST_COLOUR],)
        if scene not in cache:
            rows = candidates(data, recipe)
            cache[scene] = rows[:, c.FIRST], small(data.pictures(rows))
        emoji, drawn = cache[scene]
        found.append(emoji[(drawn - image).square().mean(1).argmin().item()].item())
    return found


def right_colours(data, images, recipes):
    """Of each picture whether what the recipe paints has its colour."""
    result = []
    for image, recipe in zip(images, recipes):
        rows = torch.tensor([recipe], device=data.device)
        x = data.rgba[rows[:, c.FIRST]].float() / 255
        hue, saturation, _ = pictures.hue_saturation(x[:, :3])
        near = pictures.distance(hue, data.hues[rows[:, c.FIRST], None, None]) < pictures.HUE_WIDTH
        painted = (near & (x[:, 3] > 0.5) & (saturation > 0.3))[:, None].float()
        if recipe[c.BACKGROUND] > 0:  # compose makes it smaller there
            margin = x.shape[-1] // 8
            painted = F.pad(pictures.smaller(painted, x.shape[-1] * 3 // 4), (margin,) * 4)
        inside = painted[0, 0] > 0.5
        drawn = [one[:, inside].float().mean(1) for one in (image, *shown_colours(data, rows))]
        distances = [(one - drawn[0]).square().sum().item() for one in drawn[1:]]
        result.append(min(range(len(distances)), key=distances.__getitem__) == recipe[c.FIRST_COLOUR])
    return result


def shown_colours(data, rows):
    """The recipe in each of the colours."""
    rows = rows.repeat(len(c.COLOURS), 1).cpu()
    rows[:, c.FIRST_COLOUR] = torch.arange(len(c.COLOURS))
    return data.pictures(rows)


def report(data, images, held_out):
    """Shares of right pictures, of plain captions and of captions with colours, and the captions that went wrong."""
    recipes = [one["recipe"] for one in held_out]
    shown, colours = nearest_emoji(data, images, recipes), None
    result, wrong = {}, []
    for kind in ("plain", "colour"):
        at = [i for i, one in enumerate(held_out) if one["kind"] == kind]
        right = [shown[i] == recipes[i][c.FIRST] for i in at]
        if kind == "colour" and at:
            colours = right_colours(data, images[at], [recipes[i] for i in at])
            result["colour alone"] = sum(colours) / len(at)
            result["object alone"] = sum(right) / len(at)
            right = [a and b for a, b in zip(right, colours)]
        result[kind] = sum(right) / max(len(at), 1)
        names = data.description["emoji"]
        wrong += [(held_out[i]["text"], names[shown[i]]["name"]) for i, one in zip(at, right) if not one]
    return result, wrong
