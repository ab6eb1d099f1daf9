# %% [markdown]
# # A sample lab
# For the tests of the release: a function, a value, and cells that go on with them.

# %%
import torch

from course_lib.grading import check, prediction, show_progress, solved

# %% [markdown] exercise="u98/standardise"
# ## 1. One scale for all columns


# %% answer="u98/standardise"
def standardise(x):
    centred = x - x.mean(0)
    ### BEGIN SOLUTION
    deviation = centred.square().mean(0).sqrt()
    return centred / deviation
    ### END SOLUTION


# %% check="u98/standardise"
check("u98/standardise", standardise)

# %%
if solved("u98/standardise"):
    print(standardise(torch.eye(2)).tolist())

# %% [markdown] exercise="u98/order"
# ## 2. Fruit

# %% answer="u98/order"
order = {"fruit": None, "number": ...}
### BEGIN SOLUTION
order = {"fruit": ["apple", "pear"], "number": 3}
### END SOLUTION

# %% check="u98/order"
check("u98/order", order)

# %%
if first := prediction("u98/order"):
    print("You said", first)

# %% [markdown] exercise="u98/verdict"
# ## 3. Even and odd


# %% answer="u98/verdict"
def verdict(number):
    ### BEGIN SOLUTION
    return "odd" if number % 2 else "even"
    ### END SOLUTION


# %% check="u98/verdict"
check("u98/verdict", verdict)

# %%
show_progress("u98")
